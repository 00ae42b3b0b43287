//! What a server says when it does not give what is asked for.

use http::StatusCode;
use serde_json::Value;

use super::error::Problem;
use super::http::Answer;

/// How many characters of it are told.
const LONGEST: usize = 300;

/// An answer that is not what was asked for, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    pub(super) request: String,
    pub(super) status: u16,
    /// What it says, with a colon in front; empty where it says nothing.
    pub(super) text: String,
}

impl Explained {
    /// Reads an answer as far as it explains itself.
    pub(super) async fn read(answer: Answer) -> Self {
        let (request, status) = (answer.request.clone(), answer.status.as_u16());
        let said = said(&answer.explanation().await);
        Self { request, status, text: if said.is_empty() { said } else { format!(": {said}") } }
    }

    /// Returns what it comes to where a registry was asked for something.
    pub(super) fn problem(self) -> Problem {
        let Self { request, status, text } = self;
        match StatusCode::from_u16(status) {
            Ok(StatusCode::NOT_FOUND | StatusCode::GONE) => Problem::NotFound { request, answer: text },
            Ok(StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) => {
                Problem::Failing { request, status, answer: text }
            }
            Ok(known) if known.is_server_error() => Problem::Failing { request, status, answer: text },
            _ => Problem::Answer { request, reason: format!("its status is {status}{text}") },
        }
    }
}

/// Returns what a body says: `errors` as registries have them (OCI distribution specification, "Error Codes"), what token servers have, or the
/// text itself.
fn said(body: &[u8]) -> String {
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(answer) => of_errors(&answer).unwrap_or_default(),
        // A page for a browser says nothing here.
        Err(_) if body.first() == Some(&b'<') => String::new(),
        Err(_) => String::from_utf8_lossy(body).into_owned(),
    };
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|one| !one.is_control()).take(LONGEST).collect()
}

fn of_errors(answer: &Value) -> Option<String> {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let Some(error) = answer.get("errors").and_then(|errors| errors.get(0)) else {
        return ["message", "details", "error_description", "error"].iter().find_map(|name| text(answer, name));
    };
    match (text(error, "code"), text(error, "message")) {
        (Some(code), Some(message)) => Some(format!("{code}, {message}")),
        (code, message) => code.or(message),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_server_says_is_one_line() {
        for (body, expected) in [
            (
                r#"{"errors":[{"code":"DENIED","message":"requested access is denied"}]}"#,
                "DENIED, requested access is denied",
            ),
            (r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#, "UNAUTHORIZED"),
            (r#"{"details":"incorrect username or password"}"#, "incorrect username or password"),
            (r#"{"errors":[]}"#, ""),
            ("<html><body>403</body></html>", ""),
            ("\n  404 page not found\n", "404 page not found"),
            ("a\u{1b}[31mb", "a[31mb"),
            ("", ""),
        ] {
            assert_eq!(said(body.as_bytes()), expected);
        }
        assert_eq!(said("é".repeat(1000).as_bytes()).chars().count(), LONGEST);
    }

    #[test]
    fn a_status_says_whose_fault_it_is() {
        let problem = |status| Explained { request: "GET x".to_owned(), status, text: String::new() }.problem();
        assert!(matches!(problem(404), Problem::NotFound { .. }));
        for status in [429, 500, 503] {
            assert!(problem(status).is_passing(), "{status}");
        }
        assert!(matches!(problem(400), Problem::Answer { .. }));
        assert!(!problem(404).is_passing());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _text = said(&body);
        }
    }
}
