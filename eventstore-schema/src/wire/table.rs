//! The tables in which wire forms are written down. A field or a word stands once, and becomes
//! the serde type and the conversion both ways; a match on the domain's type is always exhaustive.

/// A category's events: type string, the domain's variant, and its stored fields in order.
macro_rules! stored_events {
    ($event:ident {
        $($event_type:literal = $variant:ident {
            $($(#[$attribute:meta])* $field:ident: $part:ty),+ $(,)?
        })+
    }) => {
        pub(super) const EVENT_TYPES: &[&str] = &[$($event_type),+];

        $(
            #[derive(serde::Serialize, serde::Deserialize)]
            #[serde(deny_unknown_fields)]
            struct $variant {
                $($(#[$attribute])* $field: $part),+
            }

            impl $variant {
                fn read(self) -> Result<$event, $crate::wire::Unreadable> {
                    Ok($event::$variant {
                        $($field: $crate::wire::read_field(stringify!($field), self.$field)?),+
                    })
                }
            }
        )+

        impl $crate::StoredEvent for $event {
            fn event_type(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $event_type),+
                }
            }

            fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant { $($field),+ } => $crate::wire::to_json(&$variant {
                        $($field: $crate::wire::Wire::of($field)),+
                    })),+
                }
            }

            fn decode(event_type: &str, data: &[u8]) -> Result<Self, $crate::DecodeError> {
                match event_type {
                    $($event_type => $crate::wire::from_json(data).and_then($variant::read),)+
                    _ => return Err($crate::DecodeError::UnknownType(event_type.to_owned())),
                }
                .map_err(|unreadable| unreadable.of_type(event_type))
            }
        }
    };
}

/// An object inside events, with its fields in order.
macro_rules! stored_object {
    ($name:ident for $domain:ident {
        $($(#[$attribute:meta])* $field:ident: $part:ty),+ $(,)?
    }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            $($(#[$attribute])* $field: $part),+
        }

        impl $crate::wire::Wire<$domain> for $name {
            fn of(value: &$domain) -> Self {
                let $domain { $($field),+ } = value;
                Self { $($field: $crate::wire::Wire::of($field)),+ }
            }

            fn read(self) -> Result<$domain, $crate::wire::Unreadable> {
                Ok($domain {
                    $($field: $crate::wire::read_field(stringify!($field), self.$field)?),+
                })
            }
        }
    };
}

/// A choice without data: one word for each.
macro_rules! stored_words {
    ($name:ident for $domain:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        #[derive(serde::Serialize, serde::Deserialize)]
        pub(super) enum $name {
            $(#[serde(rename = $word)] $variant),+
        }

        impl $crate::wire::Wire<$domain> for $name {
            fn of(value: &$domain) -> Self {
                match value {
                    $($domain::$variant => Self::$variant),+
                }
            }

            fn read(self) -> Result<$domain, $crate::wire::Unreadable> {
                Ok(match self {
                    $(Self::$variant => $domain::$variant),+
                })
            }
        }
    };
}
