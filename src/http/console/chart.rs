//! Logins as bars, one a minute or a day.

use super::texts::ConsoleTexts;
use crate::events::Day;
use crate::http::{LoginMinutes, LoginOutcome};

/// How high the picture is, in its own units.
const HEIGHT: u64 = 100;
/// How wide a bar is, with the gap to the next.
const WIDTH: usize = 10;
/// How wide that gap is; the templates draw bars that are narrower by it. The picture begins and ends with a bar.
const GAP: usize = 2;

/// For each bar, how many logins succeeded, and how many did not.
pub(super) struct Chart(Vec<(u64, u64)>);

/// A part of a bar: where it is, and what it stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bar {
    pub kind: &'static str,
    pub x: usize,
    pub y: u64,
    pub height: u64,
}

impl Chart {
    /// Of the last hour, a bar a minute.
    pub(super) fn of_hour(minutes: &LoginMinutes) -> Self {
        Self(minutes.iter().map(parts).collect())
    }

    /// Of some days.
    pub(super) fn of_days<'a>(days: impl Iterator<Item = &'a Day>) -> Self {
        Self(days.map(Day::parts).collect())
    }

    /// How wide the picture is, in its own units.
    pub(super) fn width(&self) -> usize {
        (self.0.len() * WIDTH).saturating_sub(GAP)
    }

    /// How many succeeded, and how many did not, in words.
    pub(super) fn told(&self, texts: &ConsoleTexts) -> String {
        let (good, bad) = self.0.iter().fold((0, 0), |sum, of| (sum.0 + of.0, sum.1 + of.1));
        (texts.overview.logins_told)(good, bad)
    }

    /// The bars: what did not succeed stands on what did. The highest bar is as high as the picture.
    pub(super) fn bars(&self) -> Vec<Bar> {
        let most = self.0.iter().map(|(good, bad)| good + bad).max().unwrap_or_default().max(1);
        // What is there is seen.
        let high = |count: u64| if count == 0 { 0 } else { (count * HEIGHT / most).max(2) };
        let mut bars = Vec::new();
        for (place, (good, bad)) in self.0.iter().copied().enumerate() {
            let x = place * WIDTH;
            let (good, bad) = (high(good), high(bad));
            let good = good.min(HEIGHT - bad.min(HEIGHT));
            let parts = [("good", HEIGHT - good, good), ("bad", HEIGHT - good - bad, bad)];
            let parts = parts.into_iter().filter(|(.., height)| *height > 0);
            bars.extend(parts.map(|(kind, y, height)| Bar { kind, x, y, height }));
        }
        bars
    }
}

/// How many succeeded in a minute, and how many did not.
fn parts(minute: &[u32; LoginOutcome::ALL.len()]) -> (u64, u64) {
    let good = u64::from(minute[LoginOutcome::Success as usize]);
    (good, minute.iter().map(|count| u64::from(*count)).sum::<u64>() - good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stay_in_the_picture_and_show_what_is_there() {
        let mut minutes: LoginMinutes = [[0; LoginOutcome::ALL.len()]; 60];
        let bar = |kind, x, y, height| Bar { kind, x, y, height };
        assert_eq!(Chart::of_hour(&minutes).bars(), []);
        minutes[0][LoginOutcome::Success as usize] = 30;
        minutes[0][LoginOutcome::Refused as usize] = 10;
        minutes[59][LoginOutcome::Throttled as usize] = 20;
        assert_eq!(
            Chart::of_hour(&minutes).bars(),
            [bar("good", 0, 25, 75), bar("bad", 0, 0, 25), bar("bad", 590, 50, 50)]
        );
        assert_eq!(Chart::of_hour(&minutes).width(), 590 + 8, "the last bar is at the edge");
        minutes[1][LoginOutcome::Success as usize] = u32::MAX;
        minutes[1][LoginOutcome::Refused as usize] = 1;
        let bars = Chart::of_hour(&minutes).bars();
        assert!(bars.iter().all(|bar| bar.y + bar.height <= HEIGHT && bar.height >= 2), "{bars:?}");
        assert_eq!(bars.len(), 5);
    }
}
