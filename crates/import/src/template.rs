//! What a fact's data is made of: constants and cells.

use crate::convert::Value;
use serde_json::{Map, Value as Json};

/// A cell, or one part of an address cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CellRef {
    pub(crate) column: usize,
    pub(crate) part: Option<String>,
}

/// `$a | $b`: the first filled one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expression(pub(crate) Vec<CellRef>);

impl Expression {
    /// Whether all its cells are empty.
    fn is_empty(&self, values: &Values) -> bool {
        self.value(values).is_none()
    }
}

/// The shape of a value in `data`.
#[derive(Debug, Clone)]
pub(crate) enum Template {
    Constant(Json),
    Cells(Expression),
    /// `$a!`: where it is empty, the table around it is left out.
    Decisive(Expression),
    Table(Vec<(String, Template)>),
    List(Vec<Template>),
}

/// The converted cells of a row, by the mapping's columns.
pub(crate) type Values = [Option<Value>];

impl Expression {
    /// The first filled cell's value, and its column.
    pub(crate) fn value(&self, values: &Values) -> Option<(Value, usize)> {
        self.0.iter().find_map(|cell| {
            let value = values.get(cell.column)?.as_ref()?;
            let value = match (&cell.part, value) {
                (None, value) => value.clone(),
                (Some(part), Value::Parts(parts)) => Value::Text(parts.iter().find(|(name, _)| name == part)?.1.clone()),
                (Some(_), _) => return None,
            };
            Some((value, cell.column))
        })
    }
}

impl Template {
    /// The value for a row; `None` where nothing of it is filled, so that the field is left out. Notes in `origins` which column each path came from.
    pub(crate) fn fill(&self, values: &Values, path: &str, origins: &mut Vec<(String, usize)>) -> Option<Json> {
        match self {
            Template::Constant(json) => Some(json.clone()),
            Template::Cells(expression) | Template::Decisive(expression) => {
                let (value, column) = expression.value(values)?;
                origins.push((path.to_owned(), column));
                Some(json(value))
            }
            Template::Table(fields) => {
                if fields.iter().any(|(_, t)| matches!(t, Template::Decisive(e) if e.is_empty(values))) {
                    return None;
                }
                // Constants alone do not make a table: a waybill needs its number.
                let before = origins.len();
                let filled: Map<String, Json> = fields
                    .iter()
                    .filter_map(|(name, t)| Some((name.clone(), t.fill(values, &format!("{path}.{name}"), origins)?)))
                    .collect();
                (origins.len() > before).then_some(Json::Object(filled))
            }
            Template::List(items) => {
                let filled: Vec<Json> =
                    items.iter().enumerate().filter_map(|(i, t)| t.fill(values, &format!("{path}[{i}]"), origins)).collect();
                (!filled.is_empty()).then_some(Json::Array(filled))
            }
        }
    }

    /// Every expression in it.
    pub(crate) fn columns(&self, found: &mut Vec<usize>) {
        match self {
            Template::Constant(_) => {}
            Template::Cells(expression) | Template::Decisive(expression) => found.extend(expression.0.iter().map(|c| c.column)),
            Template::Table(fields) => fields.iter().for_each(|(_, t)| t.columns(found)),
            Template::List(items) => items.iter().for_each(|t| t.columns(found)),
        }
    }
}

fn json(value: Value) -> Json {
    match value {
        Value::Text(text) => Json::String(text),
        Value::Count(n) => Json::from(n),
        Value::Flag(yes) => Json::Bool(yes),
        Value::Time(at) => Json::String(at.to_string()),
        Value::Parts(parts) => Json::Object(parts.into_iter().map(|(name, text)| (name.to_owned(), Json::String(text))).collect()),
    }
}
