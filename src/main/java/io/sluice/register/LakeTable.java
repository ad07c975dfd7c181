package io.sluice.register;

import io.sluice.spec.TargetSpec;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * A Delta table that is there, as an engine has to be told of it.
 *
 * @param table its path or identifier, as the job names it
 * @param name the last part of that, by which engines are to know it
 * @param location its root directory with its scheme, not encoded
 * @param features the features of Delta that who reads it must know, by their names in its protocol
 */
public record LakeTable(String table, String name, String location, Set<String> features) {

  /** Keeps a copy, in order. */
  public LakeTable {
    features = Collections.unmodifiableSet(new TreeSet<>(features));
  }

  /** The table of a job. */
  public static LakeTable of(TargetSpec target, String location, Set<String> features) {
    String table = target.table();
    String plain = table.replaceFirst("/+$", "");
    String name = plain.substring(plain.lastIndexOf(target.isPath() ? '/' : '.') + 1);
    return new LakeTable(table, name, location, features);
  }
}
