package io.sluice.quickstart;

import java.time.LocalDateTime;

/**
 * One flight.
 *
 * @param date departure, local time of the origin
 * @param delay arrival delay in minutes; negative when early
 * @param distance miles
 * @param origin an airport's IATA code
 * @param destination an airport's IATA code
 */
public record Flight(
    LocalDateTime date, int delay, int distance, String origin, String destination) {}
