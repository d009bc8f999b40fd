//! A colour, and whether text in it can be read.

use std::fmt;

/// A colour of the pages, opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

impl Colour {
    /// The darkest ground of the pages that text in the accent colour stands on, where they are light: `--code` in
    /// `pages.css`.
    pub const LIGHT_GROUND: Self = Self([0xee, 0xf4, 0xf3]);
    /// The lightest, where they are dark: `--sheet`.
    pub const DARK_GROUND: Self = Self([0x17, 0x21, 0x1f]);
    /// The contrast that text needs (WCAG 2.2, 1.4.3, level AA).
    pub const READABLE: f64 = 4.5;

    const BLACK: Self = Self([0; 3]);
    const WHITE: Self = Self([255; 3]);
    /// In how many steps a colour becomes black or white.
    const STEPS: u8 = 40;

    /// A colour as `#0f766e`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(Self([part(0)?, part(2)?, part(4)?]))
    }

    /// The contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// This colour, or the nearest darker one that can be read where the pages are light.
    #[must_use]
    pub fn in_the_light(self) -> Self {
        self.towards(Self::BLACK, Self::LIGHT_GROUND)
    }

    /// This colour, or the nearest lighter one that can be read where the pages are dark.
    #[must_use]
    pub fn in_the_dark(self) -> Self {
        self.towards(Self::WHITE, Self::DARK_GROUND)
    }

    /// A little darker.
    #[must_use]
    pub fn deeper(self) -> Self {
        self.mixed(Self::BLACK, Self::STEPS / 4)
    }

    /// A little lighter.
    #[must_use]
    pub fn brighter(self) -> Self {
        self.mixed(Self::WHITE, Self::STEPS / 4)
    }

    fn towards(self, end: Self, ground: Self) -> Self {
        let mut steps = (0..=Self::STEPS).map(|steps| self.mixed(end, steps));
        steps.find(|colour| colour.contrast(ground) >= Self::READABLE).unwrap_or(end)
    }

    /// With so many parts of another.
    fn mixed(self, other: Self, parts: u8) -> Self {
        let (all, parts) = (u16::from(Self::STEPS), u16::from(parts.min(Self::STEPS)));
        let mix = |at: usize| (u16::from(self.0[at]) * (all - parts) + u16::from(other.0[at]) * parts) / all;
        // A mean of two bytes is one.
        Self([0, 1, 2].map(|at| u8::try_from(mix(at)).unwrap_or(u8::MAX)))
    }

    /// How bright it is (WCAG 2.2, relative luminance).
    fn luminance(self) -> f64 {
        let part = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(part);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_colour_has_six_digits() {
        assert_eq!(Colour::parse("#0F766e"), Some(Colour([0x0f, 0x76, 0x6e])));
        for text in ["", "#", "0f766e", "#0f766", "#0f766ee", "#0f766g", "#+f766e", "red", "#é766e", "#0f 66e"] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Colour::BLACK.contrast(Colour::WHITE) - 21.0).abs() < 0.001);
        // The examples that everybody knows: the lightest greys on white that pass, and do not.
        assert!(Colour([0x76; 3]).contrast(Colour::WHITE) >= 4.5 && Colour([0x77; 3]).contrast(Colour::WHITE) < 4.5);
    }

    proptest! {
        #[test]
        fn every_colour_can_be_made_readable(parts in any::<[u8; 3]>()) {
            let (light, dark) = (Colour(parts).in_the_light(), Colour(parts).in_the_dark());
            prop_assert!(light.contrast(Colour::LIGHT_GROUND) >= 4.5);
            prop_assert!(dark.contrast(Colour::DARK_GROUND) >= 4.5);
            prop_assert!(light.deeper().contrast(Colour::WHITE) >= 4.5);
            prop_assert!(dark.brighter().contrast(Colour::DARK_GROUND) >= 4.5);
            prop_assert_eq!(Colour::parse(&light.to_string()), Some(light));
        }
    }
}
