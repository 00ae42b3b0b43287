//! The documents that programs and GitHub read.

use super::*;

#[test]
fn junit_has_tries_as_nextest_has_them() {
    let results = results();
    insta::assert_snapshot!(junit(&results, &run_of(&results)).expect("written"), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="localspace" tests="6" skipped="1" failures="2" errors="1" timestamp="2026-01-02T03:04:05.678+00:00" time="75.040">
        <testsuite name=".localspace/image.yaml" tests="5" skipped="1" errors="0" failures="2" time="79.250">
            <testcase name="it is there" classname=".localspace/image.yaml" timestamp="2026-01-02T03:04:05.678+00:00" time="5.250">
                <system-out>create  4.5 s
      image                 succeeded  1.0 s
      create                succeeded  0.2 s
      onCreateCommand       succeeded  3.0 s
      registryLogin         skipped    0.0 s
    </system-out>
            </testcase>
            <testcase name="it is there [prebuild]" classname=".localspace/image.yaml" timestamp="2026-01-02T03:04:05.678+00:00" time="12.000">
                <failure message=".localspace/image.yaml:12:7: create: onCreateCommand.outcome (and 1 more)" type="expectation failed">.localspace/image.yaml:12:7: create: onCreateCommand.outcome
      expected succeeded
      actual   failed with exit code 1
      command  .devcontainer/devcontainer.json:4:24
      | $ docker pull ghcr.io/acme/api:1
      | denied: denied
      hint     registry logins are not there before postCreateCommand:
               move the command there
    .localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    repeat: localspace test --filter &apos;it is there [prebuild]&apos; --keep
    </failure>
                <system-out>create  4.5 s
      image                 succeeded  1.0 s
      create                succeeded  0.2 s
      onCreateCommand       failed     3.0 s
      registryLogin         skipped    0.0 s
    </system-out>
            </testcase>
            <testcase name="it answers" classname=".localspace/image.yaml" timestamp="2026-01-02T03:04:05.678+00:00" time="61.000">
                <flakyFailure timestamp="2026-01-02T03:04:05.678+00:00" time="3.000" message=".localspace/image.yaml:12:7: start: container.ports.3000" type="expectation failed">.localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    </flakyFailure>
                <system-out>create  4.5 s
      image                 succeeded  1.0 s
      create                succeeded  0.2 s
      onCreateCommand       succeeded  3.0 s
      registryLogin         skipped    0.0 s
    </system-out>
            </testcase>
            <testcase name="it never is" classname=".localspace/image.yaml" timestamp="2026-01-02T03:04:05.678+00:00" time="2.000">
                <failure message=".localspace/image.yaml:12:7: start: container.ports.3000 (and 1 more)" type="expectation failed">.localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    .localspace/image.yaml:12:7: create: onCreateCommand.outcome
      expected succeeded
      actual   failed with exit code 1
      command  .devcontainer/devcontainer.json:4:24
      | $ docker pull ghcr.io/acme/api:1
      | denied: denied
      hint     registry logins are not there before postCreateCommand:
               move the command there
    repeat: localspace test --filter &apos;it never is&apos; --keep
    </failure>
                <rerunFailure timestamp="2026-01-02T03:04:05.678+00:00" time="1.000" message=".localspace/image.yaml:12:7: start: container.ports.3000" type="expectation failed">.localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    </rerunFailure>
                <system-out>create  4.5 s
      image                 succeeded  1.0 s
      create                succeeded  0.2 s
      onCreateCommand       failed     3.0 s
      registryLogin         skipped    0.0 s
    </system-out>
            </testcase>
            <testcase name="it was to be" classname=".localspace/image.yaml" time="0.000">
                <skipped message="the run was interrupted"/>
            </testcase>
        </testsuite>
        <testsuite name=".localspace/other.yaml" tests="1" skipped="0" errors="1" failures="0" time="0.500">
            <testcase name="it runs" classname=".localspace/other.yaml" timestamp="2026-01-02T03:04:05.678+00:00" time="0.500">
                <error message=".localspace/image.yaml:12:7: create: the engine" type="error">.localspace/image.yaml:12:7: create: the engine
      actual   cannot connect to the Docker daemon
    repeat: localspace test --filter &apos;it runs&apos; --keep
    </error>
                <system-out>create  4.5 s
      image                 succeeded  1.0 s
      create                succeeded  0.2 s
      onCreateCommand       failed     3.0 s
      registryLogin         skipped    0.0 s
    </system-out>
            </testcase>
        </testsuite>
    </testsuites>
    "#);
}

#[test]
fn the_summary_of_a_step_has_a_table_what_failed_and_a_timeline() {
    let results = results();
    insta::assert_snapshot!(step_summary(&results, &run_of(&results), STEP_SUMMARY), @r#"
    ### 2 passed (1 flaky), 2 failed, 1 error, 1 stopped in 75.0 s

    <table>
    <tr><th>outcome</th><th>scenario</th><th>seconds</th><th>image</th><th>create</th><th>onCreateCommand</th></tr>
    <tr><td>❌ failed</td><td><code>it is there [prebuild]</code></td><td align="right">12.0</td><td align="right">1.0</td><td align="right">0.2</td><td align="right">3.0</td></tr>
    <tr><td>❌ failed</td><td><code>it never is</code></td><td align="right">1.0</td><td align="right">1.0</td><td align="right">0.2</td><td align="right">3.0</td></tr>
    <tr><td>💥 error</td><td><code>it runs</code></td><td align="right">0.5</td><td align="right">1.0</td><td align="right">0.2</td><td align="right">3.0</td></tr>
    <tr><td>⚠️ flaky</td><td><code>it answers</code></td><td align="right">61.0</td><td align="right">1.0</td><td align="right">0.2</td><td align="right">3.0</td></tr>
    <tr><td>⏹️ stopped</td><td><code>it was to be</code></td><td align="right">0.0</td><td align="right"></td><td align="right"></td><td align="right"></td></tr>
    <tr><td>✅ passed</td><td><code>it is there</code></td><td align="right">5.2</td><td align="right">1.0</td><td align="right">0.2</td><td align="right">3.0</td></tr>
    </table>

    <details open><summary>❌ <code>it is there [prebuild]</code></summary>

    <pre>
    .localspace/image.yaml:12:7: create: onCreateCommand.outcome
      expected succeeded
      actual   failed with exit code 1
      command  .devcontainer/devcontainer.json:4:24
      | $ docker pull ghcr.io/acme/api:1
      | denied: denied
      hint     registry logins are not there before postCreateCommand:
               move the command there
    .localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    repeat: localspace test --filter &#39;it is there [prebuild]&#39; --keep
    </pre>

    </details>

    <details open><summary>❌ <code>it never is</code></summary>

    <pre>
    try 1:
    .localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    .localspace/image.yaml:12:7: create: onCreateCommand.outcome
      expected succeeded
      actual   failed with exit code 1
      command  .devcontainer/devcontainer.json:4:24
      | $ docker pull ghcr.io/acme/api:1
      | denied: denied
      hint     registry logins are not there before postCreateCommand:
               move the command there
    try 2:
    .localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    repeat: localspace test --filter &#39;it never is&#39; --keep
    </pre>

    </details>

    <details open><summary>💥 <code>it runs</code></summary>

    <pre>
    .localspace/image.yaml:12:7: create: the engine
      actual   cannot connect to the Docker daemon
    repeat: localspace test --filter &#39;it runs&#39; --keep
    </pre>

    </details>

    <details><summary>⚠️ <code>it answers</code></summary>

    <pre>
    try 1:
    .localspace/image.yaml:12:7: start: container.ports.3000
      expected something answers
      actual   connection refused
    repeat: localspace test --filter &#39;it answers&#39; --keep
    </pre>

    </details>

    <details><summary>timeline</summary>

    <pre>
    it is there [prebuild]
      create
        image                 █████████                                 1.0 s
        create                         ██                               0.2 s
        onCreateCommand                  ████████████████████████████   3.0 s  failed
    it never is
      create
        image                 █████████                                 1.0 s
        create                         ██                               0.2 s
        onCreateCommand                  ████████████████████████████   3.0 s  failed
    it runs
      create
        image                 █████████                                 1.0 s
        create                         ██                               0.2 s
        onCreateCommand                  ████████████████████████████   3.0 s  failed
    it answers
      create
        image                 █████████                                 1.0 s
        create                         ██                               0.2 s
        onCreateCommand                  ████████████████████████████   3.0 s
    it is there
      create
        image                 █████████                                 1.0 s
        create                         ██                               0.2 s
        onCreateCommand                  ████████████████████████████   3.0 s
    </pre>

    </details>
    "#);
}

#[test]
fn the_summary_of_a_step_has_room_for_what_matters_first() {
    let mut results = results();
    let (passed, failed) = (results[0].clone(), results[1].clone());
    results.extend((0..4000).map(|at| CaseResult { name: format!("case {at}"), ..passed.clone() }));
    results.extend((0..4000).map(|at| CaseResult { name: format!("bad {at}"), ..failed.clone() }));
    let run = run_of(&results);
    let text = step_summary(&results, &run, STEP_SUMMARY);
    assert!(text.len() <= STEP_SUMMARY && text.len() > STEP_SUMMARY - 2000, "{}", text.len());
    assert!(text.contains("bad 3") && text.contains(" parts more have no room here"), "{}", &text[text.len() - 300..]);
    assert_eq!(text.matches("<table>").count(), text.matches("</table>").count());
    assert_eq!(text.matches("<details").count(), text.matches("</details>").count());
    for room in [0, 100, 250, 400, 1000, 3000] {
        let text = step_summary(&results, &run, room);
        assert!(text.len() <= room, "{room}: {text}");
        assert_eq!(text.matches("<pre>").count(), text.matches("</pre>").count());
    }
}
