//! Labels of metrics whose values are few and known.

/// Makes an enum whose variants are the values of a label.
macro_rules! label {
    ($(#[$about:meta])* $vis:vis enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// Every value, in the order of their numbers.
            $vis const ALL: &[Self] = &[$(Self::$variant),+];
        }

        impl ::prometheus_client::encoding::EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut ::prometheus_client::encoding::LabelValueEncoder<'_>) -> ::std::fmt::Result {
                ::std::fmt::Write::write_str(encoder, match self { $(Self::$variant => $text),+ })
            }
        }
    };
}

pub(crate) use label;
