package io.sluice.spec;

import org.jspecify.annotations.Nullable;

/**
 * How the certificate of the broker is checked.
 *
 * @param trustCertsFile a PEM file of trusted certificates; null for those of the JVM
 * @param verifyHostname whether the certificate must name the host that was dialled
 * @param allowInsecure whether any certificate is taken; for experiments only
 */
public record TlsSpec(
    @Nullable String trustCertsFile, boolean verifyHostname, boolean allowInsecure) {}
