//! `dirchain-sim`: runs seeds, prints figures, and for a broken seed the command that repeats it.
#![allow(clippy::as_conversions)]

use std::process::ExitCode;
use std::time::Instant;

use dirchain_sim::measure::{after_one_stops, after_two_return};
use dirchain_sim::plant::Plant;
use dirchain_sim::runner::{run, run_many};
use dirchain_sim::scenario::Family;
use dirchain_sim::world::Run;

const USAGE: &str = "dirchain-sim [--seeds COUNT] [--first-seed SEED] [--family calm|four|seven|twins|membership|joining] \
[--plant NAME] [--threads COUNT] [--trace]

Simulates the round under faults. Without --family the seeds are run in every family with faults.
--plant plants a bug in every honest node. --trace runs the first seed alone and prints what happens.";

const MEASURED_RUNS: u64 = 30;

struct Wanted {
    seeds: u64,
    first_seed: u64,
    family: Option<(&'static str, Family)>,
    plant: Option<(&'static str, Plant)>,
    threads: usize,
    is_traced: bool,
}

fn named<T: Copy>(all: &[(&'static str, T)], name: &str) -> Result<(&'static str, T), String> {
    let found = all.iter().find(|(known, _)| *known == name).copied();
    found.ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|(known, _)| *known).collect();
        format!("{name} is none of: {}", names.join(", "))
    })
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Wanted, String> {
    let mut wanted = Wanted {
        seeds: 200,
        first_seed: 1,
        family: None,
        plant: None,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        is_traced: false,
    };
    while let Some(option) = arguments.next() {
        if option == "--trace" {
            wanted.is_traced = true;
            continue;
        }
        let value = arguments.next().ok_or(format!("{option} needs a value"))?;
        let number = || {
            let parsed = value.parse::<u64>();
            parsed.map_err(|_| format!("{option} needs a number, not {value}"))
        };
        match option.as_str() {
            "--seeds" => wanted.seeds = number()?,
            "--first-seed" => wanted.first_seed = number()?,
            "--threads" => wanted.threads = number()? as usize,
            "--family" => wanted.family = Some(named(&Family::ALL, &value)?),
            "--plant" => wanted.plant = Some(named(&Plant::ALL, &value)?),
            _ => return Err(format!("there is no option {option}")),
        }
    }
    Ok(wanted)
}

fn trace(like: &Run) -> ExitCode {
    let traced = Run {
        is_readable: true,
        ..like.clone()
    };
    match run(&traced) {
        Ok(summary) => {
            println!("{summary:?}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{}", failure.text.unwrap_or_default());
            eprintln!("{} at {} µs", failure.words, failure.at_us);
            ExitCode::FAILURE
        }
    }
}

/// Prints how long the chain stands still when nodes stop.
fn measure() -> bool {
    let ms = |us: u64| us as f64 / 1_000.0;
    let measured = [
        ("one of four stops", after_one_stops(MEASURED_RUNS), 500),
        ("two of four return", after_two_return(MEASURED_RUNS), 2_000),
    ];
    let mut is_whole = true;
    for (what, pauses, goal_ms) in measured {
        match pauses {
            Ok(pauses) => println!(
                "{what}: longest pause within 2 s, virtual time, {MEASURED_RUNS} runs: p50 {:.0} ms, max {:.0} ms (goal: {goal_ms})",
                ms(pauses.median_us()),
                ms(pauses.longest_us()),
            ),
            Err(failure) => {
                is_whole = false;
                println!("{what}: {}", failure.words);
            }
        }
    }
    is_whole
}

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1);
    let wanted = match parse(arguments) {
        Ok(wanted) => wanted,
        Err(words) => {
            eprintln!("error: {words}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let families: Vec<(&str, Family)> = match wanted.family {
        Some(family) => vec![family],
        None => Family::ALL[1..].to_vec(),
    };
    let mut is_broken = false;
    for (name, family) in families {
        let like = Run {
            family,
            seed: wanted.first_seed,
            plant: wanted.plant.map(|(_, plant)| plant),
            is_readable: false,
        };
        if wanted.is_traced {
            return trace(&like);
        }
        let begin = Instant::now();
        let total = run_many(
            &like,
            wanted.first_seed,
            wanted.seeds,
            wanted.threads,
            false,
        );
        let seconds = begin.elapsed().as_secs_f64();
        println!(
            "{name}: {} seeds, {:.0} seeds/s, {:.0} heights/s, {} heights, {} transactions, {} happenings, {} proofs of contradiction, {} snapshots, {} epochs, {} as planned, {} broken",
            total.seeds,
            total.seeds as f64 / seconds,
            total.heights as f64 / seconds,
            total.heights,
            total.transactions,
            total.happenings,
            total.evidence,
            total.snapshots,
            total.epochs,
            total.planned,
            total.failures.len(),
        );
        for (seed, failure) in total.failures.iter().take(10) {
            is_broken = true;
            let plant = wanted.plant.map(|(plant, _)| format!(" --plant {plant}"));
            println!(
                "seed {seed} is broken at {} µs: {}\n  repeat: dirchain-sim --family {name} --first-seed {seed}{} --trace",
                failure.at_us,
                failure.words,
                plant.unwrap_or_default(),
            );
        }
    }
    if wanted.plant.is_none() && !measure() {
        is_broken = true;
    }
    if is_broken {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
