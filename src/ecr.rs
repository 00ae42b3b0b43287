//! AWS's Elastic Container Registry: an access key is exchanged for the token that a login is made with, as GitHub does it (source document,
//! "Accessing AWS Elastic Container Registry").

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_ecr::config::retry::RetryConfig;
use aws_sdk_ecr::config::timeout::TimeoutConfig;
use aws_sdk_ecr::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ecr::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ecr::operation::get_authorization_token::GetAuthorizationTokenError;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::github::{EcrServer, EcrToken, RefusedRegistry, Registries, Registry};
use crate::redact::Secret;

/// How long AWS may take, both tries together.
const WITHIN: Duration = Duration::from_secs(20);

/// What a user must be allowed to do for an exchange.
const PERMISSION: &str = "ecr:GetAuthorizationToken";

/// Where AWS's interface is reached.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    url: Option<String>,
}

impl Endpoint {
    /// Returns what the environment says, by the variables that every AWS tool knows; AWS's own where it says nothing.
    pub fn of_environment(environment: &BTreeMap<String, String>) -> Self {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        if get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Self::default();
        }
        Self { url: get("AWS_ENDPOINT_URL_ECR").or_else(|| get("AWS_ENDPOINT_URL")).cloned() }
    }
}

/// Why AWS gives no token; shows as a clause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The key is known, and may not do it.
    #[error("the access key's user is not allowed {action}")]
    Denied {
        /// What it is not allowed.
        action: String,
    },
    /// There is no such key.
    #[error("AWS knows no such access key")]
    UnknownKey,
    /// The key is another secret's.
    #[error("the secret access key does not belong to the access key id")]
    WrongSecret,
    /// The key is out of date, or this machine's clock is wrong.
    #[error("AWS takes the request's time or the access key for too old")]
    Expired,
    /// AWS cannot be reached.
    #[error("AWS cannot be reached at {at}: {why}")]
    Unreachable {
        /// Where it was asked.
        at: String,
        /// Why.
        why: String,
    },
    /// AWS says something else.
    #[error("AWS said {said}")]
    Other {
        /// Its words.
        said: String,
    },
}

impl ExchangeError {
    /// Returns what to do about it.
    pub fn hint(&self, registry: &Registry) -> String {
        let (id, region) = (&registry.id, registry.server.ecr().map_or("", |server| server.region));
        match self {
            Self::Denied { action } => format!(
                "allow {action} to that user in IAM; to pull it also wants the read operations, as in the policy AmazonEC2ContainerRegistryReadOnly"
            ),
            Self::UnknownKey => format!(
                "set {id}_CONTAINER_REGISTRY_USER to the id of an active access key (or to AWS, with a token as the password)"
            ),
            Self::WrongSecret => {
                format!("set {id}_CONTAINER_REGISTRY_PASSWORD to the secret access key that goes with its id")
            }
            Self::Expired => "look at this machine's clock; a temporary access key is none for a codespace".to_owned(),
            Self::Unreachable { .. } => format!(
                "look at the network, at AWS_ENDPOINT_URL where it is set, and at the region {region} in the registry's name"
            ),
            Self::Other { .. } => {
                format!("try `aws ecr get-login-password --region {region}` with exactly the values of the secrets")
            }
        }
    }
}

/// Exchanges the access key of every registry of AWS's, all at once. One that AWS refuses is a [`Registries::refused`] one then.
pub async fn exchange_all(registries: &mut Registries, endpoint: &Endpoint) {
    let exchanging = registries.complete.clone().into_iter().map(|registry| async {
        let token = match registry.wants_exchange() {
            Some(server) => Some(exchange(&registry, server, endpoint).await),
            None => None,
        };
        (registry, token)
    });
    let exchanged = futures_util::future::join_all(exchanging).await;
    registries.complete.clear();
    for (registry, token) in exchanged {
        match token {
            None => registries.complete.push(registry),
            Some(given) => settle(registries, registry, given),
        }
    }
}

/// Puts a registry where it belongs by what its access key was exchanged for: to the logins with its token, or to those that were refused.
pub fn settle(registries: &mut Registries, registry: Registry, given: Result<EcrToken, ExchangeError>) {
    match given {
        Ok(token) => registries.complete.push(Registry { token: Some(token), ..registry }),
        Err(error) => {
            let (reason, hint) = (error.to_string(), error.hint(&registry));
            registries.refused.push(RefusedRegistry { registry, reason, hint });
        }
    }
}

/// Asks AWS for a token of a registry. Each registry has its own key and region.
pub async fn exchange(
    registry: &Registry,
    server: EcrServer<'_>,
    endpoint: &Endpoint,
) -> Result<EcrToken, ExchangeError> {
    let http = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let key = Credentials::new(&registry.user, registry.password.expose(), None, None, "secrets of the codespace");
    let mut config = aws_sdk_ecr::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(server.region.to_owned()))
        .credentials_provider(key)
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(2))
        .timeout_config(TimeoutConfig::builder().operation_timeout(WITHIN).build());
    config.set_endpoint_url(endpoint.url.clone());
    let answer = aws_sdk_ecr::Client::from_conf(config.build()).get_authorization_token().send().await;
    let at = || endpoint.url.clone().unwrap_or_else(|| format!("api.ecr.{}.amazonaws.com", server.region));
    let answer = answer.map_err(|error| of_sdk(&error, at))?;
    let data = answer.authorization_data().first();
    let token = data
        .and_then(|data| token_of(data.authorization_token()?))
        .ok_or_else(|| ExchangeError::Other { said: "nothing that is a token".to_owned() })?;
    let expires_at = data
        .and_then(aws_sdk_ecr::types::AuthorizationData::expires_at)
        .and_then(|time| jiff::Timestamp::from_second(time.secs()).ok());
    Ok(EcrToken { value: token, expires_at })
}

/// A token comes as `AWS:TOKEN` in base64.
fn token_of(text: &str) -> Option<Secret<String>> {
    let pair = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
    let (user, token) = pair.split_once(':')?;
    (user == EcrServer::USER && !token.is_empty()).then(|| Secret::new(token.to_owned()))
}

fn of_sdk(error: &SdkError<GetAuthorizationTokenError>, at: impl Fn() -> String) -> ExchangeError {
    if let Some(code) = error.code() {
        return of_code(code, error.message().unwrap_or_default());
    }
    // Stand-ins for AWS may answer as its older services do.
    let body = error.raw_response().and_then(|response| response.body().bytes());
    if let Some((code, message)) = body.and_then(of_xml) {
        return of_code(&code, &message);
    }
    let mut why = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        why = cause.to_string();
        next = cause.source();
    }
    ExchangeError::Unreachable { at: at(), why }
}

/// Returns the code and the message of an answer such as `<Error><Code>…</Code><Message>…</Message></Error>`.
fn of_xml(body: &[u8]) -> Option<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let inside = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (inner, _) = rest.split_once(&format!("</{name}>"))?;
        let inner = inner.trim();
        Some(inner.strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>")).unwrap_or(inner).to_owned())
    };
    Some((inside("Code")?, inside("Message").unwrap_or_default()))
}

/// AWS's error codes (AWS's reference, "Common Errors").
fn of_code(code: &str, message: &str) -> ExchangeError {
    match code {
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" => {
            let action = message.split_once("not authorized to perform: ").map(|(_, rest)| rest);
            let action = action.and_then(|rest| rest.split_whitespace().next()).unwrap_or(PERMISSION);
            ExchangeError::Denied { action: action.trim_end_matches(['.', ',']).to_owned() }
        }
        "UnrecognizedClientException" | "InvalidClientTokenId" | "InvalidAccessKeyId" => ExchangeError::UnknownKey,
        "InvalidSignatureException" | "SignatureDoesNotMatch" if message.contains("xpired") => ExchangeError::Expired,
        "InvalidSignatureException" | "SignatureDoesNotMatch" => ExchangeError::WrongSecret,
        "ExpiredTokenException" | "RequestExpired" | "RequestTimeTooSkewed" => ExchangeError::Expired,
        _ => {
            let first = message.lines().next().unwrap_or_default();
            ExchangeError::Other { said: format!("{code} {first}").trim_end().to_owned() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        let iam = "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no \
                   identity-based policy allows the action";
        let denied = |action: &str| ExchangeError::Denied { action: action.to_owned() };
        for (code, message, expected) in [
            ("AccessDeniedException", iam, denied("ecr:GetAuthorizationToken")),
            (
                "AccessDenied",
                "not authorized to perform: sts:GetServiceBearerToken.",
                denied("sts:GetServiceBearerToken"),
            ),
            ("AccessDeniedException", "", denied(PERMISSION)),
            (
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
                ExchangeError::UnknownKey,
            ),
            (
                "InvalidSignatureException",
                "The request signature we calculated does not match",
                ExchangeError::WrongSecret,
            ),
            ("InvalidSignatureException", "Signature expired: 20200101T000000Z is now earlier", ExchangeError::Expired),
            ("ThrottlingException", "slow\ndown", ExchangeError::Other { said: "ThrottlingException slow".to_owned() }),
        ] {
            assert_eq!(of_code(code, message), expected, "{code}");
        }
    }

    #[test]
    fn a_refusal_in_xml_is_read() {
        let body =
            b"<ErrorResponse><Errors><Error>\n<Code>AccessDenied</Code>\n<Message><![CDATA[no]]></Message></Error>";
        assert_eq!(of_xml(body), Some(("AccessDenied".to_owned(), "no".to_owned())));
        for body in [&b"<Code>x"[..], b"\xFF", b"{}"] {
            assert_eq!(of_xml(body), None);
        }
    }

    #[test]
    fn a_token_is_awss_in_base64() {
        let of = |text: &str| token_of(&STANDARD.encode(text)).map(|token| token.expose().clone());
        assert_eq!(of("AWS:a:b").as_deref(), Some("a:b"));
        for text in ["AWS:", "me:x", "AWS"] {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(token_of("%"), None);
    }

    #[test]
    fn the_environment_says_where_aws_is() {
        let of = |pairs: &[(&str, &str)]| {
            let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            Endpoint::of_environment(&environment).url
        };
        assert_eq!(of(&[("AWS_ENDPOINT_URL", "http://a")]).as_deref(), Some("http://a"));
        assert_eq!(
            of(&[("AWS_ENDPOINT_URL", "http://a"), ("AWS_ENDPOINT_URL_ECR", "http://b")]).as_deref(),
            Some("http://b")
        );
        assert_eq!(of(&[("AWS_ENDPOINT_URL", "http://a"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]), None);
        assert_eq!(of(&[("AWS_ENDPOINT_URL", "")]), None);
    }
}
