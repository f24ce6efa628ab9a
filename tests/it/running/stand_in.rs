//! Runs against a stand-in that was started by itself.

use flowproof::tenant::{Fault, Tenant, TenantOptions};

use crate::support::{flowproof, folder, journal, said};

/// A run against a stand-in elsewhere that had been broken on purpose said so nowhere.
#[test]
fn a_stand_in_elsewhere_tells_which_faults_were_planted_in_it() {
    for faults in [vec![Fault::MissingLink], Vec::new()] {
        let tenant = Tenant::start(TenantOptions { faults: faults.clone(), ..TenantOptions::default() });
        let tenant = tenant.expect("the stand-in starts");
        let report = folder("running/planted-elsewhere");
        let path = report.display().to_string();
        let arguments = ["run", "cases/mfa/otp/email-completes.yaml", "--target", tenant.base_url(), "--report", &path];
        let run = flowproof(&arguments);
        let planted: Vec<&str> = faults.iter().map(|fault| fault.name()).collect();
        assert_eq!(journal(&report).header().faults, planted, "{}", said(&run));
        assert_eq!(said(&run).contains("broken on purpose"), !planted.is_empty(), "{}", said(&run));
    }
}
