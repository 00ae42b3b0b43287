//! Images that are built from each other, and what else a project's file may say that stands for something on one machine alone.

use super::{about, project};
use crate::support::{Sandbox, docker, left_of};

#[test]
fn a_service_is_built_from_another_ones_image() {
    let sandbox = Sandbox::new();
    let base = "base: {image: acme.example/base:dev, build: {dockerfile_inline: \"FROM busybox:1\\nRUN echo built >/base\"}, command: 'true'}";
    let app = "init: true, command: sleep infinity}";
    for (what, build) in [
        ("name", "{dockerfile_inline: FROM acme.example/base:dev}"),
        ("argument", "{dockerfile_inline: \"ARG BASE\\nFROM $$BASE\", args: {BASE: 'acme.example/base:dev'}}"),
        (
            "context",
            "{dockerfile_inline: \"FROM busybox:1\\nCOPY --from=b /base /base\", additional_contexts: {b: 'service:base'}}",
        ),
    ] {
        // The one that is built from it comes first in the file, and in the alphabet.
        let compose = format!("services:\n  app: {{build: {build}, {app}\n  {base}\n");
        let repository = project(&sandbox, what, "", &compose);
        let name = sandbox.name(what);
        let _up = sandbox.up(&repository, &name, &[]).expect(0);
        assert_eq!(sandbox.inside(&name, "cat /base"), "built\n", "{what}");
        let _gone = sandbox.run(&["delete", "-c", &name]).expect(0);
        assert_eq!(left_of(&name), "", "{what}");
    }
    assert_eq!(docker(&["image", "ls", "-q", "acme.example/base"]).expect(0).stdout, "");
}

#[test]
fn two_codespaces_of_one_project_with_fixed_addresses_are_there_at_once() {
    let sandbox = Sandbox::new();
    let compose = "services:\n  app: {image: busybox:1, init: true, command: sleep infinity, networks: {back: {ipv4_address: 10.213.7.10}}}\n  \
                   db: {image: busybox:1, init: true, command: sleep infinity, networks: {back: {ipv4_address: 10.213.7.11}}}\n\
                   networks: {back: {name: shop-back, driver_opts: {com.docker.network.bridge.name: br-shop-213}, ipam: {config: [{subnet: 10.213.7.0/24, gateway: 10.213.7.1}]}}}\n";
    let repository = project(&sandbox, "fixed", "", compose);
    let names = [sandbox.name("first"), sandbox.name("second")];
    let _first = sandbox.up(&repository, &names[0], &[]).expect(0);
    assert!(sandbox.inside(&names[0], "nslookup db").contains("10.213.7.11"));
    let second = sandbox.up(&repository, &names[1], &[]).expect(0);
    assert!(second.stderr.contains("network back has other addresses here than 10.213.7.0/24"), "{}", second.stderr);
    let found = sandbox.inside(&names[1], "nslookup db");
    assert!(!found.contains("10.213.7."), "{found}");
    // A rebuild keeps the network that is there, whichever it is.
    for name in &names {
        let _rebuilt = sandbox.run(&["rebuild", "-c", name]).expect(0);
        let _found = sandbox.inside(name, "nslookup db");
    }
    let address = about(&names[0], "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
    assert_eq!(address, "10.213.7.10");
    for name in &names {
        let _gone = sandbox.run(&["delete", "-c", name]).expect(0);
        assert_eq!(left_of(name), "");
    }
}
