//! Gauges whose numbers are asked for at every scrape.

use std::fmt;

use prometheus_client::encoding::{EncodeGaugeValue, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;

/// A number that is asked for at every scrape; while there is `None`, the gauge is not on the page.
pub struct Watched<F>(pub F);

impl<F> fmt::Debug for Watched<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}

impl<N: EncodeGaugeValue, F: Fn() -> Option<N>> EncodeMetric for Watched<F> {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        (self.0)().map_or(Ok(()), |number| encoder.encode_gauge(&number))
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Gauge
    }

    fn is_empty(&self) -> bool {
        (self.0)().is_none()
    }
}
