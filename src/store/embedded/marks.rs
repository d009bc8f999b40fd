//! The marks of accounts, in memory: a restart forgets them. Until people have logged in again, they are throttled like
//! newcomers.

use std::collections::HashMap;
use std::time::Duration;

use crate::store::{MARK_LIFETIME, MARK_RENEWED_AFTER, MAX_MARKS, Mark, Remember};

/// The most accounts whose marks are remembered: about 10 MB if each has two, 200 MB if each has as many as it may.
/// Beyond, those with the oldest last login go first.
const MAX_ACCOUNTS: usize = 100_000;

/// The marks of each account.
#[derive(Default)]
pub(super) struct Marks(HashMap<[u8; 16], Vec<Known>>);

/// One mark; ordered by what goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    /// Whether it was used again since it was made.
    reused: bool,
    ends: Duration,
    mark: [u8; 16],
}

impl Marks {
    /// Those of these marks that the account has.
    pub(super) fn of(&self, account: &[u8; 16], marks: impl Iterator<Item = Mark>, now: Duration) -> Vec<Mark> {
        let known = self.0.get(account).map_or(&[][..], Vec::as_slice);
        marks.filter(|Mark(mark)| known.iter().any(|known| known.mark == *mark && known.ends > now)).collect()
    }

    pub(super) fn remember(&mut self, account: [u8; 16], marks: &[(Mark, Remember)], now: Duration) {
        self.make_room(MAX_ACCOUNTS, &account, now);
        let known = self.0.entry(account).or_default();
        known.retain(|known| known.ends > now);
        let ends = now + MARK_LIFETIME;
        for &(Mark(mark), remember) in marks {
            let place = known.iter().position(|known| known.mark == mark);
            let renewed = match (place.map(|place| &mut known[place]), remember) {
                (Some(_), Remember::UntilReused) | (None, Remember::IfKnown) => continue,
                (Some(known), _) => {
                    if !known.reused || known.ends + MARK_RENEWED_AFTER <= ends {
                        (known.reused, known.ends) = (true, ends);
                    }
                    continue;
                }
                (None, remember) => Known { reused: remember == Remember::Always, ends, mark },
            };
            known.push(renewed);
            if known.len() > MAX_MARKS
                && let Some(first) = known.iter().min().copied()
            {
                known.retain(|known| *known != first);
            }
        }
        if known.is_empty() {
            self.0.remove(&account);
        }
    }

    /// Forgets an eighth at once when there is no room for another account, so that forgetting stays cheap per login.
    fn make_room(&mut self, most: usize, account: &[u8; 16], now: Duration) {
        if self.0.len() < most || self.0.contains_key(account) {
            return;
        }
        let last = |known: &[Known]| known.iter().map(|known| known.ends).max().unwrap_or_default();
        self.0.retain(|_, known| last(known) > now);
        let keep = most - most / 8;
        if self.0.len() >= keep {
            let mut instants: Vec<_> = self.0.values().map(|known| last(known)).collect();
            let surplus = instants.len() - keep;
            let (_, &mut oldest, _) = instants.select_nth_unstable(surplus);
            self.0.retain(|_, known| last(known) > oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_there_is_no_room_those_stay_who_were_here_last() {
        let mut marks = Marks::default();
        for account in 0..100 {
            let now = Duration::from_secs(u64::from(account));
            marks.remember([account; 16], &[(Mark([account; 16]), Remember::Always)], now);
        }
        marks.make_room(80, &[200; 16], Duration::from_secs(100));
        let known = |account| !marks.of(&[account; 16], [Mark([account; 16])].into_iter(), Duration::ZERO).is_empty();
        assert!(marks.0.len() < 80 && known(99) && !known(20));
    }
}
