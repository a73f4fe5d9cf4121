//! The program `dirchain`.

fn main() -> std::process::ExitCode {
    dirchain::cli::main()
}
