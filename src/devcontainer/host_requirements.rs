//! `hostRequirements`: sizes, and the most of several.

use serde_json::{Map, Value, json};

use super::truthy::is_truthy;

/// Returns the most of each requirement; nothing where none is left.
///
/// Reference CLI: a size that is not `^\d+([tgmk]b)?$` counts as 0. For no entries at all it prints -Infinity; nothing here.
pub(super) fn most<'a>(all: impl Iterator<Item = &'a Value>) -> Option<Value> {
    let all: Vec<&Value> = all.filter(|one| is_truthy(one)).collect();
    let most =
        |name: &str, read: fn(&Value) -> f64| all.iter().filter_map(|one| one.get(name)).map(read).fold(0.0, f64::max);
    let (cpus, memory, storage) = (most("cpus", number), most("memory", bytes), most("storage", bytes));
    let gpu = gpu(all.iter().filter_map(|one| one.get("gpu")));
    let gpu = gpu.filter(is_truthy);
    if cpus == 0.0 && memory == 0.0 && storage == 0.0 && gpu.is_none() {
        return None;
    }
    let mut fields = Map::new();
    fields.insert("cpus".to_owned(), super::jsonc::number_to_json(cpus));
    for (name, size) in [("memory", memory), ("storage", storage)] {
        if size > 0.0 {
            fields.insert(name.to_owned(), size.to_string().into());
        }
    }
    fields.extend(gpu.map(|gpu| ("gpu".to_owned(), gpu)));
    Some(fields.into())
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or_default(),
        Value::String(text) => text.trim().parse().unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => 0.0,
    }
}

/// Returns a size in bytes.
pub(super) fn bytes(value: &Value) -> f64 {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return 0.0,
    };
    let units = [("tb", 40), ("gb", 30), ("mb", 20), ("kb", 10)];
    let unit = units.iter().find_map(|(unit, power)| Some((text.strip_suffix(unit)?, *power)));
    let (digits, power) = unit.unwrap_or((&text, 0));
    let is_number = !digits.is_empty() && digits.bytes().all(|one| one.is_ascii_digit());
    if is_number { digits.parse::<f64>().unwrap_or_default() * 2_f64.powi(power) } else { 0.0 }
}

/// `false` gives way to `"optional"`, that to `true` and to an object; of two objects, the most of each field.
fn gpu<'a>(all: impl Iterator<Item = &'a Value>) -> Option<Value> {
    all.cloned().reduce(|one, other| {
        if !is_truthy(&one) {
            return other;
        }
        if !is_truthy(&other) || one == "optional" && other == "optional" {
            return one;
        }
        let field = |name: &str, read: fn(&Value) -> f64| {
            [&one, &other].into_iter().filter_map(|gpu| gpu.get(name)).map(read).fold(0.0, f64::max)
        };
        let (cores, memory) = (field("cores", number), field("memory", bytes));
        let mut most = Map::new();
        if cores > 0.0 {
            most.insert("cores".to_owned(), super::jsonc::number_to_json(cores));
        }
        if memory > 0.0 {
            most.insert("memory".to_owned(), json!(memory.to_string()));
        }
        most.into()
    })
}
