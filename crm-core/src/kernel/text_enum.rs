/// An enum kept as text: one word in the code, in JSON and in every store.
macro_rules! text_enum {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word it is kept as.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err(format!("{other:?} is none of {}", [$($text),+].join(", "))),
                }
            }
        }
        impl $crate::kernel::FieldType for $name {
            const KIND: $crate::kernel::Kind = $crate::kernel::Kind::Text;
            const REFERS_TO: Option<&'static str> = None;
            fn into_value(self) -> $crate::kernel::Value<'static> {
                $crate::kernel::Value::Text(self.as_str().into())
            }
            fn from_value(value: $crate::kernel::Value<'static>) -> Result<Self, String> {
                match value {
                    $crate::kernel::Value::Text(text) => text.parse(),
                    other => Err(other.unexpected("text")),
                }
            }
        }
    };
}
pub(crate) use text_enum;
