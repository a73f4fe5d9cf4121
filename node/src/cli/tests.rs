//! The command line parses, and explains itself.

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

/// Every command with its own help: name parts from the program down.
fn commands(command: &clap::Command, path: &[String], all: &mut Vec<Vec<String>>) {
    let mut path = path.to_vec();
    path.push(command.get_name().to_owned());
    for sub in command.get_subcommands() {
        commands(sub, &path, all);
    }
    all.push(path);
}

#[test]
fn every_command_explains_itself() {
    Cli::command().debug_assert();
    let mut all = Vec::new();
    commands(&Cli::command(), &[], &mut all);
    assert!(all.len() > 40, "{}", all.len());
    for path in all {
        let asked = path.iter().map(String::as_str).chain(["--help"]);
        let error = Cli::try_parse_from(asked).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DisplayHelp, "{path:?}: {error}");
    }
}

#[test]
fn the_commands_are_these() {
    let mut all = Vec::new();
    commands(&Cli::command(), &[], &mut all);
    let mut lines: Vec<String> = all.iter().map(|path| path.join(" ")).collect();
    lines.sort();
    let expected = include_str!("tests/commands.txt");
    assert_eq!(lines.join("\n"), expected.trim_end());
}

/// Two arguments of one name take each other's values, whatever their types.
#[test]
fn no_command_has_an_argument_named_as_one_of_everywhere() {
    let program = Cli::command();
    let everywhere: Vec<_> = program
        .get_arguments()
        .map(|argument| argument.get_id().clone())
        .collect();
    assert!(everywhere.iter().any(|id| id == "node"), "{everywhere:?}");
    let mut left: Vec<&clap::Command> = program.get_subcommands().collect();
    while let Some(command) = left.pop() {
        for argument in command.get_arguments() {
            let (id, name) = (argument.get_id(), command.get_name());
            assert!(!everywhere.contains(id), "`{id}` of {name}");
        }
        left.extend(command.get_subcommands());
    }
}

fn parses(line: &str) {
    let arguments = line.split(' ');
    if let Err(error) = Cli::try_parse_from(arguments) {
        panic!("{line}: {error}");
    }
}

fn refuses(line: &str, says: &str) {
    let error = match Cli::try_parse_from(line.split(' ')) {
        Ok(parsed) => panic!("{line} parses: {parsed:?}"),
        Err(error) => error.to_string(),
    };
    assert!(error.contains(says), "{line}: {error}");
}

#[test]
fn what_people_type_parses() {
    for line in [
        "dirchain init --node-id D035-1 --genesis g.json --http 0.0.0.0:8080",
        "dirchain run --home h --http 127.0.0.1:9000 --listen /ip4/0.0.0.0/tcp/7100",
        "dirchain devnet --nodes 7 --base-port 9000 --http-base 9100 --data d --no-load",
        "dirchain genesis sample --nodes 4 --seed x --file g.json",
        "dirchain genesis make city.toml -o g.json",
        "dirchain status --node http://127.0.0.1:8081 --output json",
        "dirchain keys new alice --passphrase-file p",
        "dirchain keys offer alice --department D012 --role administrator",
        "dirchain query access --department D008 --resource 101001/000001 --field 3 --at 12",
        "dirchain query readers 103001/000001 --field 2 --at 2026-03-01T00:00:00+08:00",
        "dirchain query applications D024 --state submitted",
        "dirchain query authorizations D047 --out --state not_held --at 9",
        "dirchain query history D024",
        "dirchain query history 103001/000001 --limit 3",
        "dirchain key revoke D024-administrator --as a",
        "dirchain key suspect 0000000000000000000000000000000000000000000000000000000000000000 --since 4 --as a",
        "dirchain import --format dcat-us f.json --as a --agency D054 --submit",
        "dirchain import --format dcat-us f.json --agency D054 --dry-run",
        "dirchain resource submit --all-complete --provider D054 --as a",
        "dirchain resource publish --all-submitted --as a",
        "dirchain resource publish 103001/000001 --revision 2 --as a --wait",
        "dirchain resource publish 103001/000001 --as a --wait=5",
        "dirchain sharing apply 103001/000001 --fields 1,2-4 --purpose tax --responsibility Z-D047-01 --scene x --from 2026-01-01 --to 2027-01-01 --as a",
        "dirchain sharing grant 103001/000001/3 --as a",
        "dirchain node register D012-1 --offer o.json --address /ip4/10.0.0.1/tcp/7000 --as a",
        "dirchain membership replace D004-1 --by D004-2 --as a --reason r",
        "dirchain --node http://127.0.0.1:8081 membership replace D004-1 --by D004-2 --as a --reason r",
        "dirchain completions bash",
    ] {
        parses(line);
    }
}

#[test]
fn what_is_wrong_is_named() {
    refuses(
        "dirchain query resource 103001",
        "a resource code is 6 to 30 digits",
    );
    refuses("dirchain keys new ../a", "a key's name has");
    refuses("dirchain query block x", "invalid digit");
    refuses(
        "dirchain query access --department D008 --resource 101001/000001",
        "--field",
    );
    refuses("dirchain resource publish --as a", "<CODE>");
    refuses(
        "dirchain resource publish 103001/000001 --all-submitted --as a",
        "cannot be used with",
    );
    refuses(
        "dirchain sharing grant 103001/000001 --as a",
        "is not an application's",
    );
    refuses(
        "dirchain keys offer a --department D012 --role boss",
        "`administrator`",
    );
    refuses(
        "dirchain query resource 103001/000001 --at yesterday",
        "neither a height",
    );
    refuses("dirchain query history d024", "neither an entry's code");
    refuses(
        "dirchain query applications D024 --state open",
        "`submitted`",
    );
    refuses("dirchain key revoke ../a --as a", "neither a public key");
    refuses("dirchain run --listen 127.0.0.1:7000", "no multiaddress");
}
