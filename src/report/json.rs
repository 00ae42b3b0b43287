//! The object that `up --json` ends with (DESIGN section 4).

use serde::{Serialize, Serializer};

use super::summary::{Failure, PhaseOutcome, Summary};
use crate::journal::{CreationError, Diagnosis, LoginOutcome, Outcome};
use crate::phase::Phase;

/// Where a codespace is: what no event says. What is absent is not there yet, or not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    pub container_id: Option<String>,
    pub remote_user: Option<String>,
    pub remote_workspace_folder: Option<String>,
    /// What Codespaces opens in an editor when a codespace is new.
    pub open_files: Vec<String>,
}

/// The result of `up`. The names of the first fields are the reference CLI's, so that its users' scripts find them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpDocument {
    pub outcome: UpOutcome,
    /// What failed, in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why, as far as it can be told, and what to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it failed; absent where it was in no phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_workspace_folder: Option<String>,
    /// What Codespaces opens in an editor when a codespace is new.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_files: Vec<String>,
    pub phases: Vec<PhaseDocument>,
    pub registries: Vec<RegistryDocument>,
    pub diagnoses: Vec<DiagnosisDocument>,
    /// What became of the recovery container; absent where none was to be made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryDocument>,
}

/// A recovery container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryDocument {
    #[serde(serialize_with = "outcome")]
    pub outcome: Outcome,
    pub error_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Whether `up` did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum UpOutcome {
    Success,
    Error,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseDocument {
    pub phase: Phase,
    #[serde(serialize_with = "phase_outcome")]
    pub outcome: PhaseOutcome,
    pub seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// One registry: no password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegistryDocument {
    pub id: String,
    pub server: String,
    pub user: String,
    #[serde(serialize_with = "login_outcome")]
    pub outcome: LoginOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it is good no longer, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// One diagnosis.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiagnosisDocument {
    pub phase: Phase,
    pub rule: String,
    pub message: String,
    pub advice: String,
}

impl UpDocument {
    /// Returns the document of a run.
    pub fn new(summary: &Summary, place: Place) -> Self {
        let failed = !summary.is_success();
        Self {
            outcome: if failed { UpOutcome::Error } else { UpOutcome::Success },
            message: failed.then(|| message(summary)),
            description: if failed { description(summary) } else { None },
            phase: summary.failure.as_ref().map(|failure| failure.phase).or(summary.running),
            name: place.name,
            container_id: place.container_id,
            remote_user: place.remote_user,
            remote_workspace_folder: place.remote_workspace_folder,
            open_files: place.open_files,
            phases: phases(summary),
            registries: registries(summary),
            diagnoses: summary.diagnoses.iter().map(DiagnosisDocument::from).collect(),
            recovery: summary.recovery.as_ref().map(|recovery| RecoveryDocument {
                outcome: recovery.outcome,
                error_code: CreationError::Container.code(),
                reason: recovery.reason.clone(),
            }),
        }
    }
}

impl From<&Diagnosis> for DiagnosisDocument {
    fn from(diagnosis: &Diagnosis) -> Self {
        let Diagnosis { phase, rule, message, advice } = diagnosis.clone();
        Self { phase, rule, message, advice }
    }
}

fn message(summary: &Summary) -> String {
    let said = summary.end.as_ref().and_then(|end| end.message.clone());
    said.or_else(|| summary.failure.as_ref().map(Failure::headline)).unwrap_or_else(|| match summary.running {
        Some(phase) => format!("the run ended in {phase}"),
        None => "the run did not end".to_owned(),
    })
}

fn description(summary: &Summary) -> Option<String> {
    let phase = summary.failure.as_ref().map(|failure| failure.phase);
    let diagnosis = summary.diagnoses.iter().find(|diagnosis| Some(diagnosis.phase) == phase);
    match diagnosis {
        Some(diagnosis) => Some(format!("{}; {}", diagnosis.message, diagnosis.advice)),
        None => summary.failure.as_ref()?.reason.clone(),
    }
}

fn phases(summary: &Summary) -> Vec<PhaseDocument> {
    let document = |phase: &super::summary::PhaseSummary| PhaseDocument {
        phase: phase.phase,
        outcome: phase.outcome,
        seconds: phase.seconds,
        exit_code: phase.exit_code,
        reason: phase.reason.clone(),
    };
    summary.phases.iter().map(document).collect()
}

fn registries(summary: &Summary) -> Vec<RegistryDocument> {
    let document = |login: &crate::journal::RegistryLogin| RegistryDocument {
        id: login.id.clone(),
        server: login.server.clone(),
        user: login.user.clone(),
        outcome: login.outcome,
        reason: login.reason.clone(),
        expires_at: login.expires_at.map(|time| time.to_string()),
    };
    summary.registries.iter().map(document).collect()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn phase_outcome<S: Serializer>(outcome: &PhaseOutcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn login_outcome<S: Serializer>(outcome: &LoginOutcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.name())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn outcome<S: Serializer>(outcome: &Outcome, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(outcome.name())
}
