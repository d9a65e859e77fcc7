// Measurements in words and as the rows of a table.

import type { Metrics } from "../lab/metrics.ts";

/** The columns of {@link metricRows}. */
export const METRIC_COLUMNS: readonly string[] = [
  "metric",
  "unit",
  "count",
  "min",
  "p50",
  "p90",
  "p99",
  "max",
  "mean",
];

/** One row a metric; a single value has the count 1 and stands under `mean`. */
export function metricRows(metrics: Metrics): string[][] {
  return Object.entries(metrics).map(([name, metric]) =>
    "value" in metric ? [name, metric.unit, "1", "", "", "", "", "", String(metric.value)] : [
      name,
      metric.unit,
      ...[metric.count, metric.min, metric.p50, metric.p90, metric.p99, metric.max, metric.mean]
        .map(String),
    ]
  );
}

/** One sentence a metric: `serverCloseMs: 3 samples, 0 to 2.1 ms, p50 1.4, p90 2.1, mean 1.2`. */
export function metricLines(metrics: Metrics): string[] {
  return Object.entries(metrics).map(([name, metric]) => {
    if ("value" in metric) {
      return `${name}: ${metric.value}${metric.unit === "count" ? "" : ` ${metric.unit}`}`;
    }
    const { unit, count, min, max, p50, p90, mean } = metric;
    const samples = count === 1 ? "1 sample" : `${count} samples`;
    return `${name}: ${samples}, ${min} to ${max} ${unit}, p50 ${p50}, p90 ${p90}, mean ${mean}`;
  });
}
