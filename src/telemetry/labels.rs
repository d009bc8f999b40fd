//! Labels of metrics whose values are few and known.

/// Makes an enum as `domain::named` does, whose values are those of a label.
macro_rules! label {
    ($(#[$about:meta])* $vis:vis enum $name:ident $values:tt) => {
        $crate::domain::named! { $(#[$about])* $vis enum $name $values }

        impl ::prometheus_client::encoding::EncodeLabelValue for $name {
            fn encode(&self, encoder: &mut ::prometheus_client::encoding::LabelValueEncoder<'_>) -> ::std::fmt::Result {
                ::std::fmt::Write::write_str(encoder, self.as_str())
            }
        }
    };
}

pub(crate) use label;
