package io.sluice;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.LocationProvider;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import org.jspecify.annotations.NullMarked;

/**
 * The rooms of ARCHITECTURE.md and the arrows between them.
 *
 * <p>A rule that finds no class to judge fails, so none can pass because a room was renamed.
 */
@AnalyzeClasses(locations = ArchitectureTest.MainClasses.class)
class ArchitectureTest {

  /** What Sluice ships, without its tests. */
  static final class MainClasses implements LocationProvider {
    @Override
    public Set<Location> get(Class<?> test) {
      return Set.of(
          Location.of(FaultPoint.class.getProtectionDomain().getCodeSource().getLocation()));
    }
  }

  private static final String PULSAR_INTERNALS = "org.apache.pulsar.client.impl..";

  @ArchTest
  static final ArchRule everyRoomUsesOnlyTheRoomsItMay =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .ensureAllClassesAreContainedInArchitecture()
          .layer("shared")
          .definedBy("io.sluice")
          .layer("cli")
          .definedBy("io.sluice.cli..")
          .optionalLayer("quickstart")
          .definedBy("io.sluice.quickstart..")
          .layer("broker")
          .definedBy("io.sluice.broker..")
          .optionalLayer("runtime")
          .definedBy("io.sluice.runtime..")
          .optionalLayer("transform")
          .definedBy("io.sluice.transform..")
          .layer("change")
          .definedBy("io.sluice.change..")
          .layer("explain")
          .definedBy("io.sluice.explain..")
          .layer("maintain")
          .definedBy("io.sluice.maintain..")
          .layer("register")
          .definedBy("io.sluice.register..")
          .layer("delta")
          .definedBy("io.sluice.delta..")
          .layer("storage")
          .definedBy("io.sluice.storage..")
          .layer("spec")
          .definedBy("io.sluice.spec..")
          .layer("connector")
          .definedBy("io.sluice.connector..")
          .layer("source")
          .definedBy("io.sluice.source..")
          .layer("schema")
          .definedBy("io.sluice.schema..")
          .layer("pulsar")
          .definedBy("io.sluice.pulsar..", PULSAR_INTERNALS)
          .whereLayer("shared")
          .mayNotAccessAnyLayer()
          .whereLayer("cli")
          .mayOnlyAccessLayers(
              "shared",
              "quickstart",
              "broker",
              "runtime",
              "explain",
              "maintain",
              "register",
              "spec",
              "pulsar")
          .whereLayer("quickstart")
          .mayOnlyAccessLayers("shared", "broker")
          .whereLayer("broker")
          .mayOnlyAccessLayers("shared")
          .whereLayer("runtime")
          .mayOnlyAccessLayers(
              "shared",
              "transform",
              "change",
              "explain",
              "maintain",
              "register",
              "delta",
              "storage",
              "spec",
              "pulsar",
              "schema")
          .whereLayer("explain")
          .mayOnlyAccessLayers("shared", "delta")
          .whereLayer("transform")
          .mayOnlyAccessLayers("shared", "spec")
          .whereLayer("change")
          .mayOnlyAccessLayers("shared")
          .whereLayer("maintain")
          .mayNotAccessAnyLayer()
          .whereLayer("register")
          .mayOnlyAccessLayers("shared", "spec")
          .whereLayer("delta")
          .mayOnlyAccessLayers("shared", "spec", "maintain")
          .whereLayer("storage")
          .mayOnlyAccessLayers("shared")
          .whereLayer("spec")
          .mayOnlyAccessLayers("shared")
          .whereLayer("connector")
          .mayOnlyAccessLayers("shared", "source", "pulsar")
          .whereLayer("source")
          .mayOnlyAccessLayers("shared", "schema", "pulsar")
          .whereLayer("schema")
          .mayOnlyAccessLayers("shared", "pulsar")
          .whereLayer("pulsar")
          .mayOnlyAccessLayers("shared");

  @ArchTest
  static final ArchRule theConnectorKnowsNothingOfJobs =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.sluice.connector..",
              "io.sluice.source..",
              "io.sluice.schema..",
              "io.sluice.pulsar..",
              PULSAR_INTERNALS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.sluice.cli..",
              "io.sluice.runtime..",
              "io.sluice.transform..",
              "io.sluice.delta..",
              "io.sluice.register..",
              "io.sluice.storage..",
              "io.sluice.spec..")
          .because(
              "format(\"pulsar\") is a product of its own, for notebooks without any job file");

  @ArchTest
  static final ArchRule roomsHaveNoCycles =
      slices().matching("io.sluice.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule jobTextNeedsTheJdkAndYamlOnly =
      classes()
          .that()
          .resideInAPackage("io.sluice.spec..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "java..", "org.snakeyaml..", "org.jspecify..", "io.sluice", "io.sluice.spec..")
          .because(
              "a job is checked in a second, without Spark, Delta or Pulsar on the class path");

  @ArchTest
  static final ArchRule thePrivateBrokerNeedsTheJdkOnly =
      classes()
          .that()
          .resideInAPackage("io.sluice.broker..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage("java..", "org.jspecify..", "io.sluice", "io.sluice.broker..");

  @ArchTest
  static final ArchRule pulsarKnowsNothingOfSpark =
      noClasses()
          .that()
          .resideInAnyPackage("io.sluice", "io.sluice.pulsar..", PULSAR_INTERNALS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.spark..", "org.apache.hadoop..", "io.delta..", "scala..");

  @ArchTest
  static final ArchRule whatIsExplainedIsJudgedWithoutSpark =
      noClasses()
          .that()
          .resideInAPackage("io.sluice.explain..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache..", "io.delta..", "scala..");

  @ArchTest
  static final ArchRule whatEnginesAreToldNeedsNoSpark =
      noClasses()
          .that()
          .resideInAPackage("io.sluice.register..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache..", "io.delta..", "scala..");

  @ArchTest
  static final ArchRule trinoIsKnownInItsRoomOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.sluice.register..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("io.trino..");

  @ArchTest
  static final ArchRule pulsarIsKnownInItsRoomsOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.sluice.pulsar..",
              "io.sluice.schema..",
              "io.sluice.quickstart..",
              PULSAR_INTERNALS)
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.pulsar..")
          .because(
              "what is known about Pulsar stands in one place;"
                  + " the quickstart publishes as any other Pulsar client does");

  @ArchTest
  static final ArchRule internalsOfThePulsarClientAreKnownInOneRoomOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.sluice.pulsar..", PULSAR_INTERNALS)
          .should()
          .dependOnClassesThat()
          .resideInAPackage(PULSAR_INTERNALS);

  @ArchTest
  static final ArchRule deltaIsKnownInItsRoomsOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages("io.sluice.delta..", "io.sluice.storage..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.delta..", "org.apache.spark.sql.delta..");

  @ArchTest
  static final ArchRule s3IsKnownInItsRoomOnly =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.sluice.storage..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.hadoop.fs.s3a..", "software.amazon..");

  @ArchTest
  static final ArchRule internalsOfSparkAreKnownInTheirRoomsOnly =
      noClasses()
          .that()
          .resideOutsideOfPackages(
              "io.sluice.schema..", "io.sluice.source..", "io.sluice.storage..")
          .and(
              describe(
                  "are not the guard of SQL steps, which has to look into plans",
                  type -> !type.getPackageName().equals("io.sluice.transform")))
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                  "org.apache.spark.sql.catalyst..",
                  "org.apache.spark.sql.classic..",
                  "org.apache.spark.sql.execution..",
                  "org.apache.spark.sql.internal.."));

  @ArchTest
  static final ArchRule everyRoomIsNullMarked =
      classes()
          .that(resideInAPackage("io.sluice.."))
          .should(
              new ArchCondition<JavaClass>("be in a package with @NullMarked") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  events.add(
                      new SimpleConditionEvent(
                          type,
                          type.getPackage().isAnnotatedWith(NullMarked.class),
                          type.getPackageName() + " has no package-info with @NullMarked"));
                }
              });

  @ArchTest
  static final ArchRule namesSayWhatAClassIsAbout =
      noClasses()
          .should()
          .haveNameMatching(".*(Utils?|Helper|Manager|Impl)(\\$.*)?")
          .because("a class is named by its one job");
}
