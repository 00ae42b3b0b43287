//! The document that `up --json` ends with.

use super::*;

#[test]
fn the_document_of_up_is_the_newest_run() {
    insta::assert_snapshot!(json(too_early()), @r#"
    {
      "outcome": "error",
      "message": "onCreateCommand failed in `api` with exit code 125",
      "description": "ghcr.io/acme/api is private, and registry logins are not there before postCreateCommand; move the pull to postCreateCommand",
      "phase": "onCreateCommand",
      "name": "calm-lamp",
      "containerId": "0123abcd",
      "remoteUser": "vscode",
      "remoteWorkspaceFolder": "/workspaces/app",
      "phases": [
        {
          "phase": "image",
          "outcome": "succeeded",
          "seconds": 1.25
        },
        {
          "phase": "onCreateCommand",
          "outcome": "failed",
          "seconds": 1.25,
          "exitCode": 125
        },
        {
          "phase": "registryLogin",
          "outcome": "skipped",
          "seconds": 0.0,
          "reason": "onCreateCommand failed"
        },
        {
          "phase": "postCreateCommand",
          "outcome": "skipped",
          "seconds": 0.0,
          "reason": "onCreateCommand failed, and what comes after a failed phase is not run"
        }
      ],
      "registries": [],
      "diagnoses": [
        {
          "phase": "onCreateCommand",
          "rule": "pull-before-login",
          "message": "ghcr.io/acme/api is private, and registry logins are not there before postCreateCommand",
          "advice": "move the pull to postCreateCommand"
        }
      ]
    }
    "#);
    insta::assert_snapshot!(json(usable()), @r#"
    {
      "outcome": "error",
      "message": "postCreateCommand failed",
      "description": "timed out after 60 s",
      "phase": "postCreateCommand",
      "name": "calm-lamp",
      "containerId": "0123abcd",
      "remoteUser": "vscode",
      "remoteWorkspaceFolder": "/workspaces/app",
      "phases": [
        {
          "phase": "onCreateCommand",
          "outcome": "succeeded",
          "seconds": 1.25,
          "exitCode": 0
        },
        {
          "phase": "postCreateCommand",
          "outcome": "failed",
          "seconds": 1.25,
          "exitCode": 1,
          "reason": "timed out after 60 s"
        }
      ],
      "registries": [
        {
          "id": "ACR",
          "server": "acme.azurecr.io",
          "user": "robot",
          "outcome": "written"
        }
      ],
      "diagnoses": []
    }
    "#);
}

#[test]
fn a_run_is_a_success_when_it_ended_well() {
    let succeeded = Event::RunFinished { outcome: Outcome::Succeeded, seconds: 1.0, message: None };
    let started = Event::PhaseStarted { phase: Phase::Image };
    let check = |events: Vec<Event>, outcome: UpOutcome, message: Option<&str>| {
        let document = UpDocument::new(&Summary::of(records(events)), Place::default());
        assert_eq!((document.outcome, document.message.as_deref()), (outcome, message));
    };
    check(vec![run_started("create"), succeeded.clone()], UpOutcome::Success, None);
    check(vec![run_started("create")], UpOutcome::Error, Some("the run did not end"));
    check(
        vec![started.clone(), succeeded, run_started("start"), started],
        UpOutcome::Error,
        Some("the run ended in image"),
    );
}
