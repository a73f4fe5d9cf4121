//! The Python tools that judge the interface from outside (`tests/programs_py`).

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::program::{Printed, repository, run};
use crate::python;

/// Runs one of the scripts in `scratch`, for at most `most`.
pub fn script(name: &str, arguments: &[&str], scratch: &Path, most: Duration) -> Printed {
    let script = repository().join("tests/programs_py").join(name);
    let mut command = Command::new(python::programs());
    command.current_dir(scratch).arg(script).args(arguments);
    run(&mut command, scratch, most)
}
