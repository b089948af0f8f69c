//! What every JavaScript value has without anybody putting it there. A field or a result with such a name is found.

use crate::compat::{
    Json,
    formulas::{Refused, length},
};

/// What a property is.
#[derive(Debug, Clone)]
pub(super) enum Property<'j> {
    /// Not there.
    Undefined,
    /// A member of an entity.
    Own(&'j Json),
    /// The length of a text, list or function, or the name of a function.
    Computed(Json),
    /// A function of the language.
    Function { name: &'static str, arguments: f64 },
    /// What `__proto__` gives.
    Prototype(Kind),
}

/// Of what something is the prototype.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    String,
    Number,
    Boolean,
    Function,
}

impl Kind {
    fn of(value: &Json) -> Option<Self> {
        Some(match value {
            Json::Null => return None,
            Json::Bool(_) => Self::Boolean,
            Json::Number(_) => Self::Number,
            Json::String(_) => Self::String,
            Json::Array(_) => Self::Array,
            Json::Object(_) => Self::Object,
        })
    }

    /// The constructor.
    fn name(self) -> &'static str {
        match self {
            Self::Object => "Object",
            Self::Array => "Array",
            Self::String => "String",
            Self::Number => "Number",
            Self::Boolean => "Boolean",
            Self::Function => "Function",
        }
    }
}

/// What all values inherit, and from `kind` what theirs is of it.
pub(super) fn inherited<'j>(kind: Kind, name: &str) -> Property<'j> {
    let function = |name, arguments| Property::Function { name, arguments };
    match name {
        "constructor" => function(kind.name(), 1.0),
        "toString" => function("toString", if kind == Kind::Number { 1.0 } else { 0.0 }),
        "valueOf" => function("valueOf", 0.0),
        "toLocaleString" => function("toLocaleString", 0.0),
        "hasOwnProperty" => function("hasOwnProperty", 1.0),
        "isPrototypeOf" => function("isPrototypeOf", 1.0),
        "propertyIsEnumerable" => function("propertyIsEnumerable", 1.0),
        "__defineGetter__" => function("__defineGetter__", 2.0),
        "__defineSetter__" => function("__defineSetter__", 2.0),
        "__lookupGetter__" => function("__lookupGetter__", 1.0),
        "__lookupSetter__" => function("__lookupSetter__", 1.0),
        "__proto__" => Property::Prototype(kind),
        _ => Property::Undefined,
    }
}

impl<'j> Property<'j> {
    /// `value[name]`. The methods of texts, numbers and lists, such as `trim`, are not among what is known here.
    pub(super) fn of(value: &'j Json, name: &str) -> Self {
        let own = match value {
            Json::Object(members) => members.get(name).map(Property::Own),
            Json::String(text) if name == "length" => {
                Some(Property::Computed(length(text.encode_utf16().count()).into()))
            }
            Json::Array(items) if name == "length" => Some(Property::Computed(length(items.len()).into())),
            _ => None,
        };
        let inherited = || Kind::of(value).map_or(Property::Undefined, |kind| inherited(kind, name));
        own.unwrap_or_else(inherited)
    }

    /// `this?.[name]`.
    pub(super) fn get(self, name: &str) -> Self {
        match self {
            Property::Undefined => Property::Undefined,
            Property::Own(value) => Property::of(value, name),
            Property::Computed(value) => match Property::of(&value, name) {
                Property::Function { name, arguments } => Property::Function { name, arguments },
                Property::Prototype(kind) => Property::Prototype(kind),
                Property::Computed(value) => Property::Computed(value),
                Property::Own(_) | Property::Undefined => Property::Undefined,
            },
            Property::Function { name: function, arguments } => match name {
                "name" => Property::Computed(function.into()),
                "length" => Property::Computed(arguments.into()),
                _ => inherited(Kind::Function, name),
            },
            Property::Prototype(Kind::Object) if name == "__proto__" => Property::Computed(Json::Null),
            Property::Prototype(_) if name == "__proto__" => Property::Prototype(Kind::Object),
            Property::Prototype(Kind::Array | Kind::String | Kind::Function) if name == "length" => {
                Property::Computed(0.0.into())
            }
            Property::Prototype(Kind::Function) if name == "name" => Property::Computed("".into()),
            Property::Prototype(kind) => inherited(kind, name),
        }
    }

    /// The value as it is compared; `None` is `undefined`.
    pub(super) fn primitive(&self) -> Option<Json> {
        Some(match self {
            Property::Undefined => return None,
            Property::Own(value) => (*value).clone(),
            Property::Computed(value) => value.clone(),
            Property::Function { name, .. } => format!("function {name}() {{ [native code] }}").into(),
            Property::Prototype(kind) => match kind {
                Kind::Object => "[object Object]".into(),
                Kind::Array | Kind::String => "".into(),
                Kind::Number => 0.0.into(),
                Kind::Boolean => false.into(),
                Kind::Function => "function () { [native code] }".into(),
            },
        })
    }

    /// Whether it counts as true.
    pub(super) fn is_truthy(&self) -> bool {
        match self {
            Property::Undefined => false,
            Property::Own(value) => super::js::truthy(value),
            Property::Computed(value) => super::js::truthy(value),
            Property::Function { .. } | Property::Prototype(_) => true,
        }
    }
}

/// What happens where the reference goes through a property that is no list.
pub(super) fn not_iterable(what: &str) -> Refused {
    Refused(format!("{what} is not iterable"))
}
