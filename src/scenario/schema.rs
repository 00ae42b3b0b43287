//! The JSON Schema of a scenario's file, for editors; made from the very types that read it.

use schemars::generate::SchemaSettings;

use super::file::ScenarioFile;

/// Where a schema says what it is.
const ID: &str = "https://github.com/localspace/localspace/scenario-1.schema.json";

/// Returns the schema (JSON Schema 2020-12).
pub fn schema() -> serde_json::Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ScenarioFile>();
    let mut schema = schema.to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$id".to_owned(), ID.into());
    }
    schema
}
