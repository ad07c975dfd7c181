/** The one class that must share a package with the Pulsar client's own. */
package org.apache.pulsar.client.impl;
