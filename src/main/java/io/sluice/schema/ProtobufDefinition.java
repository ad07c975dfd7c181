package io.sluice.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import io.sluice.Condition;
import io.sluice.SluiceException;
import io.sluice.pulsar.TopicSchema;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.pulsar.common.schema.SchemaType;

/**
 * The message type that a topic's schema defines.
 *
 * <p>A schema of type PROTOBUF_NATIVE holds the descriptors of the message's files. One of type
 * PROTOBUF holds the numbers and types of the message's own fields, in a property, but neither the
 * fields of nested messages nor the numbers of enums: here the former are bytes, as they stand in
 * the payload, and the latter whole numbers, which are the same on the wire.
 */
final class ProtobufDefinition {

  /** The property with which a schema of type PROTOBUF tells of its fields. */
  private static final String PARSING_INFO = "__PARSING_INFO__";

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, FileDescriptorProto> protos = new HashMap<>();
  private final Map<String, FileDescriptor> files = new HashMap<>();
  private final Set<String> begun = new HashSet<>();

  private ProtobufDefinition() {}

  /** Whether the schema defines a message of protocol buffers. */
  static boolean isOf(TopicSchema schema) {
    return schema.type() == SchemaType.PROTOBUF_NATIVE || schema.type() == SchemaType.PROTOBUF;
  }

  /**
   * The message type.
   *
   * @throws SluiceException UNSUPPORTED_SCHEMA if the definition holds none
   */
  static Descriptor parse(TopicSchema schema) {
    try {
      return schema.type() == SchemaType.PROTOBUF_NATIVE
          ? new ProtobufDefinition().registered(JSON.readTree(schema.definition()))
          : described(JSON.readTree(schema.properties().getOrDefault(PARSING_INFO, "")));
    } catch (IOException | DescriptorValidationException | RuntimeException e) {
      throw new SluiceException(
          Condition.UNSUPPORTED_SCHEMA,
          "Version %d of the %s schema cannot be read: its definition holds no message type (%s). Register a valid schema, or read the topic as bytes"
              .formatted(schema.version(), schema.type(), e.getMessage()),
          e);
    }
  }

  private Descriptor registered(JsonNode definition)
      throws IOException, DescriptorValidationException {
    FileDescriptorSet.parseFrom(definition.required("fileDescriptorSet").binaryValue())
        .getFileList()
        .forEach(file -> protos.put(file.getName(), file));
    FileDescriptor root = file(definition.required("rootFileDescriptorName").textValue());
    String name = definition.required("rootMessageTypeName").textValue();
    for (Descriptor type : root.getMessageTypes()) {
      if (name.equals(type.getFullName())) {
        return type;
      }
      if (name.startsWith(type.getFullName() + ".")) {
        return nested(type, name);
      }
    }
    throw new IllegalArgumentException("no message " + name);
  }

  private static Descriptor nested(Descriptor outer, String name) {
    for (Descriptor type : outer.getNestedTypes()) {
      if (name.equals(type.getFullName())) {
        return type;
      }
      if (name.startsWith(type.getFullName() + ".")) {
        return nested(type, name);
      }
    }
    throw new IllegalArgumentException("no message " + name);
  }

  private FileDescriptor file(String name) throws DescriptorValidationException {
    FileDescriptor known = files.get(name);
    if (known != null) {
      return known;
    }
    FileDescriptorProto proto = protos.get(name);
    if (proto == null || !begun.add(name)) {
      throw new IllegalArgumentException("no file " + name);
    }
    FileDescriptor[] imports = new FileDescriptor[proto.getDependencyCount()];
    for (int i = 0; i < imports.length; i++) {
      imports[i] = file(proto.getDependency(i));
    }
    FileDescriptor file = FileDescriptor.buildFrom(proto, imports);
    files.put(name, file);
    return file;
  }

  private static Descriptor described(JsonNode fields) throws DescriptorValidationException {
    if (!fields.isArray()) {
      throw new IllegalArgumentException("no property " + PARSING_INFO);
    }
    DescriptorProto.Builder message = DescriptorProto.newBuilder().setName("Message");
    for (JsonNode field : fields) {
      message.addField(described(field, message));
    }
    FileDescriptorProto file =
        FileDescriptorProto.newBuilder()
            .setName("message.proto")
            .setSyntax("proto3")
            .addMessageType(message)
            .build();
    return FileDescriptor.buildFrom(file, new FileDescriptor[0]).getMessageTypes().get(0);
  }

  private static FieldDescriptorProto described(JsonNode field, DescriptorProto.Builder message) {
    FieldDescriptor.Type type = FieldDescriptor.Type.valueOf(field.required("type").textValue());
    boolean repeated = field.required("label").textValue().equals("LABEL_REPEATED");
    FieldDescriptorProto.Builder described =
        FieldDescriptorProto.newBuilder()
            .setName(field.required("name").textValue())
            .setNumber(field.required("number").intValue())
            .setLabel(
                repeated
                    ? FieldDescriptorProto.Label.LABEL_REPEATED
                    : FieldDescriptorProto.Label.LABEL_OPTIONAL)
            .setType(
                switch (type) {
                  case MESSAGE -> FieldDescriptorProto.Type.TYPE_BYTES;
                  case ENUM -> FieldDescriptorProto.Type.TYPE_INT32;
                  default -> type.toProto();
                });
    if (type == FieldDescriptor.Type.MESSAGE && !repeated) {
      // A message that is not there is not the same as an empty one.
      described.setProto3Optional(true).setOneofIndex(message.getOneofDeclCount());
      message.addOneofDecl(OneofDescriptorProto.newBuilder().setName("_" + described.getName()));
    }
    return described.build();
  }
}
