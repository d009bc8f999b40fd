//! What was measured, as a table.

use std::fmt;

/// Values of the same thing, one a round.
#[derive(Clone, Debug)]
pub struct Series(Vec<f64>);

impl Series {
    pub fn new(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self(values)
    }

    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len() % 2 == 1 { self.0[middle] } else { f64::midpoint(self.0[middle - 1], self.0[middle]) }
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: f64| if value < 1_000.0 { format!("{value:.1}") } else { format!("{value:.0}") };
        let (min, max) = (self.0.first().copied().unwrap_or(0.0), self.0.last().copied().unwrap_or(0.0));
        write!(f, "{} ({} to {})", number(self.median()), number(min), number(max))
    }
}

/// What is hoped for.
#[derive(Clone, Copy)]
pub enum Goal {
    /// Ours is at least this part of the comparison.
    RatioAtLeast(f64),
    /// Ours is at most this multiple of the comparison.
    RatioAtMost(f64),
    /// Ours is at most this.
    AtMost(f64),
    /// None; it only explains another row.
    None,
}

/// One figure.
pub struct Row {
    pub figure: String,
    pub ours: Series,
    pub beside: Option<(&'static str, Series)>,
    pub goal: Goal,
}

impl Row {
    fn cells(&self) -> [String; 5] {
        let ratio = self.beside.as_ref().map(|(_, beside)| self.ours.median() / beside.median());
        let (goal, met) = match self.goal {
            Goal::RatioAtLeast(least) => (format!(">= {least}"), ratio.is_some_and(|ratio| ratio >= least)),
            Goal::RatioAtMost(most) => (format!("<= {most}"), ratio.is_some_and(|ratio| ratio <= most)),
            Goal::AtMost(most) => (format!("<= {most}"), self.ours.median() <= most),
            Goal::None => (String::new(), true),
        };
        [
            self.figure.clone(),
            self.ours.to_string(),
            self.beside.as_ref().map_or_else(String::new, |(what, beside)| format!("{what}: {beside}")),
            ratio.map_or_else(String::new, |ratio| format!("{ratio:.2}")),
            if met { goal } else { format!("{goal}  MISSED") },
        ]
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cells().join(" | "))
    }
}

pub fn render(rows: &[Row]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["figure", "ours: median (min to max)", "beside it", "ratio", "goal"]);
    for row in rows {
        table.add_row(row.cells());
    }
    table.to_string()
}
