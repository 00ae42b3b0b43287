//! The wrong orders of phases do not compile.

#[test]
fn a_login_out_of_order_does_not_compile() {
    trybuild::TestCases::new().compile_fail("integration/compile_fail/*.rs");
}
