//! A gateway's access logs: what the rules refuse is found before anything is sealed or kept.

use dirchain_tests::City;

/// The city with a binding of 103001/000001 that is live, its gateway's key at hand. The binding has
/// no column for the entry's third field.
fn bound() -> City {
    let city = City::loaded();
    let file = |name: &str, text: &str| {
        let path = city.dir().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let schema = file("schema.sql", "BDCQZH text, QLRMC text");
    city.cli(0, "keys new D012-gateway").ok();
    let offer = "keys offer D012-gateway --department D012 --role gateway";
    let offer = file("offer.json", &city.cli(0, offer).ok());
    let shown = city.cli(0, "keys show D012-gateway").ok();
    let mut lines = shown.lines();
    let key = lines.find_map(|line| line.strip_prefix("public key"));
    let key = key.expect("the key is shown").trim();
    for words in [
        format!("key register {offer} --as D012-head --wait"),
        format!(
            "binding propose 103001/000001 --as D012-administrator --system 不动产库 --schema {schema} \
             --column BDCQZH=1 --column QLRMC=2 --gateway {key} --wait"
        ),
        format!("binding report 103001/000001/1 --as D012-gateway --schema {schema} --wait"),
    ] {
        city.cli(0, &words).ok();
    }
    city
}

#[test]
fn a_log_that_the_rules_refuse_seals_nothing_and_is_sealed_once_it_is_mended() {
    let city = bound();
    let used = city.client(0).status().unwrap().tip.time.to_string();
    let demand = "demand raise X-D008-2026-09 --as D008-administrator --text 参保月数 --wait";
    city.cli(0, demand).ok();
    let until = city.client(0).status().unwrap().tip.time.to_string();
    let log = city.dir().join("access.csv");
    let write = |field: u32| {
        let lines = format!(
            "time,reader,fields,rows,denied\n{used},D047,2,1,false\n{used},D012,{field},1,false\n"
        );
        std::fs::write(&log, lines).unwrap();
    };
    let seal = format!(
        "receipts seal {} --as D012-gateway --binding 103001/000001/1 --until {until} --wait",
        log.to_str().unwrap()
    );
    let kept = city.dir().join("access.csv.receipts");
    write(3);
    for words in [
        format!("{seal} --dry-run").replace(" --wait", ""),
        seal.clone(),
    ] {
        let refused = city.cli(0, &words);
        assert_eq!(refused.status, Some(1), "{refused:#?}");
        let told = &refused.stdout;
        assert!(told.contains("0 batches with 0 calls"), "{told}");
        assert!(told.contains("counts field 3"), "{told}");
        let says = "would refuse 1 of 2 batches. Nothing was sealed";
        assert!(refused.stderr.contains(says), "{refused:#?}");
        assert!(!kept.exists(), "nothing is kept of what was not sealed");
    }
    write(2);
    let told = city.cli(0, &seal).ok();
    assert!(told.contains("2 batches with 2 calls sealed"), "{told}");
    assert!(kept.exists());
    let again = city.cli(0, &seal).ok();
    assert!(again.contains("2 were sealed before"), "{again}");
}

/// As a run leaves it whose batches passed, and were refused when they came to their block.
#[test]
fn what_is_kept_of_batches_that_were_never_taken_is_not_held_against_a_mended_log() {
    let city = bound();
    let used = city.client(0).status().unwrap().tip.time.to_string();
    let demand = "demand raise X-D008-2026-09 --as D008-administrator --text 参保月数 --wait";
    city.cli(0, demand).ok();
    let until = city.client(0).status().unwrap().tip.time.to_string();
    let log = city.dir().join("access.csv");
    let lines = |count: usize| {
        let line = format!("{used},D047,2,1,false\n");
        format!("time,reader,fields,rows,denied\n{}", line.repeat(count))
    };
    let seal = |log: &str, further: &str| {
        let log = city.dir().join(log);
        format!(
            "receipts seal {} --as D012-gateway --binding 103001/000001/1 --until {until}{further}",
            log.to_str().unwrap()
        )
    };
    std::fs::write(&log, lines(2)).unwrap();
    city.cli(0, &seal("access.csv", " --wait")).ok();
    // Another log of the same gateway with the same window, kept and never taken.
    let (kept, other) = (
        city.dir().join("access.csv.receipts"),
        city.dir().join("other.csv"),
    );
    let mut seals: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    seals[0]["batches"][0]["root"] = "00".repeat(32).into();
    let other_kept = city.dir().join("other.csv.receipts");
    std::fs::write(&other_kept, serde_json::to_vec(&seals).unwrap()).unwrap();
    std::fs::write(&other, lines(1)).unwrap();
    // One line more than was kept would be held against it, were anything of it sealed.
    let told = city.cli(0, &seal("other.csv", " --leave-out-sealed")).ok();
    assert!(
        told.contains("1 batches of an earlier run were never taken"),
        "{told}"
    );
    assert!(told.contains("1 lines lie in windows"), "{told}");
}
