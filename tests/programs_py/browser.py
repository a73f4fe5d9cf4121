"""What a person meets with a browser: headless Chromium over a real node.

    browser.py URL PROGRAM HOME PASSPHRASE-FILE FOLDER

FOLDER is where it downloads to. Prints one line of JSON with what it counted; ends with 1 and the
reasons otherwise. The node holds the sample; it gets a transaction while the page is watched, by
PROGRAM with the keys in HOME, beside which the genesis lies.
"""

import base64
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import axe_core_python
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

URL, PROGRAM, HOME, PASSPHRASE, FOLDER = *sys.argv[1:5], Path(sys.argv[5])
GENESIS = Path(HOME) / "genesis.json"
AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text()
RESOURCE = "/resources/103001%2F000001"
# One address of every kind of page; {} is filled with what the pages themselves lead to.
PAGES = [
    "/",
    "/search",
    "/search?q=登记",
    RESOURCE,
    "/departments",
    "/departments/D012",
    "/departments/D047/may-read",
    "/responsibilities/Z-D012-01",
    "/applications/103001%2F000001/1",
    "/authorizations/103001%2F000001/1",
    "/sharing",
    "/sharing?department=D012",
    "/sharing?resource=103001/000001",
    "/deadlines",
    "/scores",
    "/proposals",
    "/objections",
    "/findings",
    "/demands",
    "/obligations",
    "/elements",
    "/bindings",
    "/usage",
    "/receipts",
    "/ratings",
    "/members",
    "/node",
    "/blocks",
    "/blocks/3",
    "/verify",
    "/checkpoint",
    "/interface",
    "/nothing-here",
]
# Kinds of record whose first one, if there is one, is a page as well.
RECORDS = ["proposals", "bindings", "usage", "receipts", "objections", "findings", "demands"]
# The imported catalogues: an agency, words of an entry of its, the same misspelt.
CATALOGUES = [
    ("D054", "insured unemployed", "insurd unemployd"),
    ("D055", "retiree and survivor", "retire and surviver"),
]
TRANSFERRED_BYTES_MAX = 100 * 1024
# Of phones, tablets, half a screen.
WIDTHS = [360, 900, 1100]
# Pages that people print, with how many sheets each takes at most over this city.
PRINTED = [
    (RESOURCE, 5),
    ("/departments/D012", 5),
    ("/authorizations/103001%2F000001/1", 2),
    ("/deadlines", 4),
    ("/members", 5),
    ("/scores", 6),
]

failures = []


def drafted():
    """The height at which the entry was drafted: how many blocks came before depends on the machine."""
    with urlopen(f"{URL}/api/v1{RESOURCE}/history", timeout=30) as answer:
        return json.load(answer)["items"][-1]["at"]["height"]


def check(holds, what):
    if not holds:
        failures.append(what)


def browser(script=True):
    options = Options()
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--window-size=1280,900", "--lang=en"]:
        options.add_argument(argument)
    options.add_experimental_option("prefs", {
        "download.default_directory": str(FOLDER),
        "intl.accept_languages": "en",
        "profile.managed_default_content_settings.javascript": 1 if script else 2,
    })
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


def until(driver, condition, what, seconds=20):
    """Waits for `condition` of a page that is there whole; one that is being left may vanish under it."""
    def holds(d):
        return d.execute_script("return document.readyState") == "complete" and condition(d)

    try:
        return WebDriverWait(driver, seconds, ignored_exceptions=[StaleElementReferenceException]).until(holds)
    except Exception as error:
        raise AssertionError(f"{what}: {error!r}") from None


def text(driver):
    return driver.find_element(By.TAG_NAME, "body").text


def scheme(driver, name):
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": name}]})


def journey(driver):
    """From a search to the entry, its readers, its evidence, and the verdict without a node."""
    driver.get(URL + "/")
    field = driver.find_element(By.ID, "q")
    field.send_keys("不动")
    suggestions = until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".suggested a"), "suggestions")
    check(any("不动产" in each.text for each in suggestions), "suggestions name the entry")
    field.send_keys(Keys.ENTER)
    link = until(driver, lambda d: d.find_element(By.CSS_SELECTOR, f".results a[href^='{RESOURCE}']"), "the entry")
    link.click()
    readers = until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "#field-2 .reader"), "the entry's page")
    check(any("D0" in (r.find_element(By.TAG_NAME, "a").get_attribute("href") or "") for r in readers),
          "the entry names who may read field 2")
    driver.find_element(By.CSS_SELECTOR, "a.button[download]").click()
    until(driver, lambda _: list(FOLDER.glob("*.dirchain-proof")), "the evidence file")
    file = next(FOLDER.glob("*.dirchain-proof"))
    verdict = subprocess.run([PROGRAM, "evidence", "verify", file, "--genesis", GENESIS],
                             capture_output=True, text=True, timeout=60)
    check(verdict.returncode == 0, f"the file verifies offline: {verdict.stderr}")
    file.write_bytes(file.read_bytes()[:-40])
    damaged = subprocess.run([PROGRAM, "evidence", "verify", file, "--genesis", GENESIS],
                             capture_output=True, text=True, timeout=60)
    check(damaged.returncode == 1, f"a cut file does not: {damaged.returncode}")


def catalogue(driver, agency, words, misspelt):
    """From words to an entry of an imported catalogue and who may read it. The addresses met."""
    driver.get(URL + "/search")
    field = driver.find_element(By.ID, "q")
    field.send_keys(misspelt)
    near = until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, ".answers .notice.wait"), "what comes near")
    check(misspelt in near[0].text, f"a misspelling is told: {near[0].text}")
    driver.get(URL + "/search")
    driver.find_element(By.ID, "q").send_keys(words)
    link = until(driver, lambda d: "q=" in d.current_url and d.find_element(By.CSS_SELECTOR, ".results h3 a"), "the entry")
    check(words in link.text.lower(), f"the best answer to {words} is {link.text}")
    searched = driver.current_url.removeprefix(URL)
    narrowed = driver.find_element(By.CSS_SELECTOR, f".facets a[href*='provider={agency}']")
    narrowed.send_keys(Keys.ENTER)
    until(driver, lambda d: f"provider={agency}" in d.current_url, "narrowed to the agency and its sub-units")
    link = until(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".results h3 a"), "the entry among the agency's")
    link.click()
    until(driver, lambda d: "/resources/" in d.current_url and d.find_element(By.ID, "fields"), "the entry's page")
    check("draft" in text(driver).lower(), "an imported entry is a draft")
    entry = driver.current_url.removeprefix(URL)
    driver.get(URL + f"/departments/{agency}/may-read")
    readable = until(driver, lambda d: d.find_element(By.ID, "may-read"), "what the agency may read")
    check(readable.text != "", "what the agency may read has a heading")
    return [searched, entry, f"/departments/{agency}", f"/departments/{agency}/may-read", f"/search?provider={agency}"]


def sub_units(driver):
    """A department's page leads to what its sub-units provide."""
    driver.get(URL + "/departments/D054")
    unit = driver.find_element(By.CSS_SELECTOR, "section[aria-labelledby=sub-units] tbody a[href*='/search?provider=D054.']")
    listed = int(unit.text.replace(",", "").rstrip("+"))
    check(listed > 0, "a sub-unit provides entries")
    unit.send_keys(Keys.ENTER)
    total = until(driver, lambda d: d.find_element(By.CSS_SELECTOR, "#entries .count"), "its entries")
    check(int(total.text.replace(",", "")) == listed, f"the search finds {total.text} of {listed}")


def use_chart(driver):
    """Sealed receipts: bars of answered and denied calls, to be told apart from their ground."""
    for shade in ["light", "dark"]:
        scheme(driver, shade)
        driver.get(URL + RESOURCE)
        bars = driver.execute_script(
            "return [...document.querySelectorAll('svg.chart rect')].map(r => [r.getAttribute('class'),"
            " r.getBoundingClientRect().height, getComputedStyle(r).fill, getComputedStyle(r).opacity])")
        ground = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        answered = [bar for bar in bars if bar[0] == "answered" and bar[1] > 0]
        denied = [bar for bar in bars if bar[0] == "denied" and bar[1] > 0]
        check(answered and denied, f"the chart has answered and denied calls: {bars}")
        check(all(fill != ground for _, _, fill, _ in bars), f"bars differ from their ground in {shade}: {bars} {ground}")
    driver.find_element(By.CSS_SELECTOR, "section[aria-labelledby=use] details summary").send_keys(Keys.ENTER)
    table = driver.find_element(By.CSS_SELECTOR, "section[aria-labelledby=use] table")
    check("3" in table.text and "1" in table.text, f"the table says the same: {table.text}")
    scheme(driver, "light")


def told_in_words(driver):
    """A transaction says what was done, with links; as it was signed only when somebody opens that."""
    driver.get(URL + RESOURCE)
    driver.find_element(By.CSS_SELECTOR, ".timeline .what a").send_keys(Keys.ENTER)
    until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "ol.actions .whom a"), "what it was done to, as a link")
    raw = driver.find_element(By.CSS_SELECTOR, "details.signed pre")
    check(not raw.is_displayed(), "the signed form is folded")
    driver.find_element(By.CSS_SELECTOR, "details.signed summary").send_keys(Keys.ENTER)
    check(raw.is_displayed(), "and opens")


def languages_and_past(driver):
    driver.get(URL + RESOURCE)
    driver.find_element(By.CSS_SELECTOR, "a.switch").click()
    until(driver, lambda d: d.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-Hans", "Chinese")
    check("共享类型" in text(driver), "the page speaks Chinese")
    field = driver.find_element(By.ID, "at")
    then = drafted()
    field.send_keys(f"{then}" + Keys.ENTER)
    until(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".past a"), "the past")
    check(driver.current_url.endswith(f"at={then}"), f"the past has an address: {driver.current_url}")
    check("您正在查看历史视图" in text(driver), "a banner over the past, in Chinese still")
    # Before it was drafted there is no such entry, and the way back is the same.
    driver.get(f"{URL}{RESOURCE}?lang=zh&at={then - 1}")
    present = until(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".past a"), "before the entry")
    check("404" in text(driver), "it is not there yet")
    # That answer of 404 was asked for.
    driver.get_log("browser")
    present.click()
    until(driver, lambda d: not d.find_elements(By.CSS_SELECTOR, ".past") and d.find_elements(By.ID, "fields"), "the present")


def run(*words):
    return subprocess.run([PROGRAM, "--node", URL, "--home", HOME, "--passphrase-file", PASSPHRASE, *words],
                          capture_output=True, text=True, timeout=60)


def follows_the_chain(driver):
    """A new block and what it did appear without anybody reloading."""
    driver.get(URL + "/?lang=en")
    driver.execute_script("window.kept = true")
    before = driver.find_element(By.CSS_SELECTOR, "#live-page .figures b").text
    time.sleep(1)
    sent = run("sharing", "apply", "103001/000001", "--as", "D008-administrator", "--responsibility", "Z-D008-01",
               "--purpose", "tax", "--scene", "浏览器测试", "--from", "2030-01-01", "--to", "2031-01-01", "--wait")
    check(sent.returncode == 0, f"an application is made: {sent.stderr}")
    height = lambda d: d.find_element(By.CSS_SELECTOR, "#live-page .figures b").text
    until(driver, lambda d: height(d) != before, "the height goes on by itself")
    until(driver, lambda d: "Application made" in text(d), "what happened appears by itself")
    check(driver.execute_script("return window.kept"), "without reloading")


def keeps_what_the_reader_does(driver):
    """What arrives while somebody types or has opened something takes none of it away."""
    driver.get(URL + "/deadlines?lang=en")
    driver.execute_script("window.kept = true")
    field = driver.find_element(By.ID, "ask-department")
    field.send_keys("D01")
    sent = run("demand", "raise", "X-D008-2026-02", "--as", "D008-administrator", "--text", "测试", "--wait")
    check(sent.returncode == 0, f"a demand is raised: {sent.stderr}")
    until(driver, lambda d: "X-D008-2026-02" in text(d), "the demand appears")
    field = driver.find_element(By.ID, "ask-department")
    check(field.get_attribute("value") == "D01", "what was typed is kept")
    check(driver.switch_to.active_element == field, "and so is the place")
    check(driver.execute_script("return window.kept"), "without reloading")
    driver.get(URL + RESOURCE + "?lang=en")
    opened = "section[aria-labelledby=use] details"
    driver.find_element(By.CSS_SELECTOR, opened + " summary").send_keys(Keys.ENTER)
    events = len(driver.find_elements(By.CSS_SELECTOR, ".timeline li"))
    sent = run("objection", "raise", "103001/000001", "--as", "D047-administrator", "--fields", "1", "--reason", "再核对", "--wait")
    check(sent.returncode == 0, f"an objection is raised: {sent.stderr}")
    until(driver, lambda d: len(d.find_elements(By.CSS_SELECTOR, ".timeline li")) > events, "the objection appears")
    check(driver.find_element(By.CSS_SELECTOR, opened).get_attribute("open"), "what was opened stays open")
    driver.get(URL + "/blocks?lang=en")
    newest = driver.find_element(By.CSS_SELECTOR, "tbody th a").text
    sent = run("demand", "raise", "X-D008-2026-03", "--as", "D008-administrator", "--text", "测试", "--wait")
    check(sent.returncode == 0, f"another demand is raised: {sent.stderr}")
    until(driver, lambda d: d.find_element(By.CSS_SELECTOR, "tbody th a").text != newest, "the list of blocks goes on")


def many_tabs(driver):
    """Each page follows the chain, and a browser opens few connections to a host: more pages than those
    load all the same."""
    first = driver.current_window_handle
    driver.set_page_load_timeout(60)
    for _ in range(8):
        driver.switch_to.new_window("tab")
        driver.get(URL + "/deadlines")
        check(driver.find_elements(By.ID, "live-page"), "a page in one more tab")
    for handle in driver.window_handles:
        if handle != first:
            driver.switch_to.window(handle)
            driver.close()
    driver.switch_to.window(first)


def every_page(driver, addresses):
    """Each page: no serious violation in light and dark, no sideways scroll at 360 px, not too much
    sent, nothing from elsewhere, nothing wrong in the console."""
    serious, most = 0, 0
    for address in addresses:
        for shade in ["light", "dark"]:
            scheme(driver, shade)
            driver.get(URL + address)
            driver.execute_script(AXE)
            found = driver.execute_async_script(
                "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(done, e => done({violations:"
                " [{id: String(e), impact: 'critical', nodes: []}]}))")
            for violation in found["violations"]:
                if violation["impact"] in ("serious", "critical"):
                    serious += 1
                    where = [node["html"][:160] for node in violation["nodes"][:3]]
                    failures.append(f"{address} in {shade}: {violation['id']} {where}")
        driver.execute_cdp_cmd("Network.clearBrowserCache", {})
        driver.get(URL + address)
        entries = driver.execute_script(
            "return performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))"
            ".map(e => [e.name, e.transferSize])")
        sent = sum(size for _, size in entries)
        most = max(most, sent)
        check(sent < TRANSFERRED_BYTES_MAX, f"{address} sends {sent} bytes")
        own = urlsplit(URL).netloc
        check(all(urlsplit(name).netloc == own for name, _ in entries), f"{address} asks elsewhere: {entries}")
        for width in WIDTHS:
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
                "width": width, "height": 740, "deviceScaleFactor": 1, "mobile": width < 500})
            wide = driver.execute_script("return document.documentElement.scrollWidth")
            check(wide <= width, f"{address} is {wide} px wide at {width} px")
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
        check(wide <= 0, f"{address} is {wide} px wider than the window")
        for line in driver.get_log("browser"):
            if line["level"] == "SEVERE" and "nothing-here" not in line["message"]:
                failures.append(f"{address}: {line['message'][:200]}")
    return serious, most


def dark_is_dark(driver):
    shades = []
    for shade in ["light", "dark"]:
        scheme(driver, shade)
        driver.get(URL + RESOURCE)
        shades.append(driver.execute_script("return getComputedStyle(document.body).backgroundColor"))
    check(shades[0] != shades[1], f"dark differs from light: {shades}")


def prints(driver):
    """On paper: no navigation, tables as tables, no wider than the sheet, few sheets."""
    for address, sheets in PRINTED:
        driver.get(URL + address)
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        # A4 less its margins.
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 717, "height": 1046, "deviceScaleFactor": 1, "mobile": False})
        hidden = driver.execute_script("return getComputedStyle(document.querySelector('.top')).display")
        check(hidden == "none", f"{address}: the navigation is not printed")
        rows = driver.execute_script(
            "return [...document.querySelectorAll('table.stack tbody tr')].map(r => getComputedStyle(r).display)")
        check(all(row == "table-row" for row in rows), f"{address}: tables print as tables")
        wide = driver.execute_script("return document.documentElement.scrollWidth")
        check(wide <= 717, f"{address} prints {wide} px wide")
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
        pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})["data"])
        count = len(re.findall(rb"/Type\s*/Page\b", pdf))
        check(0 < count <= sheets, f"{address} prints on {count} sheets")


def keyboard(driver):
    """Skip link first; everything that can be clicked can be reached."""
    scheme(driver, "light")
    driver.get(URL + RESOURCE)
    driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    focused = driver.switch_to.active_element
    check(focused.get_attribute("class") == "skip", "the first stop skips to the content")
    outline = driver.execute_script("return getComputedStyle(arguments[0]).outlineStyle", focused)
    check(outline != "none", "focus shows")


def without_script():
    driver = browser(script=False)
    try:
        driver.get(URL + "/search")
        field = driver.find_element(By.ID, "q")
        field.send_keys("不动产" + Keys.ENTER)
        link = until(driver, lambda d: d.find_element(By.CSS_SELECTOR, f".results a[href^='{RESOURCE}']"), "the form is sent")
        link.click()
        until(driver, lambda d: d.find_elements(By.CSS_SELECTOR, "#field-2 .reader"), "readers without a script")
        driver.get(URL + "/sharing?department=D012")
        check(driver.find_elements(By.CSS_SELECTOR, ".picture svg a"), "the picture without a script")
    finally:
        driver.quit()


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    driver = browser()
    try:
        driver.set_script_timeout(30)
        journey(driver)
        languages_and_past(driver)
        follows_the_chain(driver)
        keeps_what_the_reader_does(driver)
        many_tabs(driver)
        dark_is_dark(driver)
        use_chart(driver)
        told_in_words(driver)
        sub_units(driver)
        addresses = PAGES + [f"{RESOURCE}?at={drafted()}"]
        for agency, words, misspelt in CATALOGUES:
            addresses += catalogue(driver, agency, words, misspelt)
        for kind in RECORDS:
            driver.get(f"{URL}/{kind}")
            first = driver.find_elements(By.CSS_SELECTOR, "main tbody th a")
            addresses += [first[0].get_attribute("href").removeprefix(URL)] if first else []
        driver.get(URL + "/blocks/3")
        addresses.append(driver.find_element(By.CSS_SELECTOR, "a[href^='/transactions/']")
                         .get_attribute("href").removeprefix(URL))
        serious, most = every_page(driver, addresses)
        prints(driver)
        keyboard(driver)
    finally:
        driver.quit()
    without_script()
    for failure in failures:
        print(failure, file=sys.stderr)
    print(json.dumps({"pages": len(addresses), "serious": serious, "most_bytes": most}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
