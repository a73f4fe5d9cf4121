"""What a person meets with a browser: headless Chromium over a real node.

    browser.py URL PROGRAM HOME PASSPHRASE-FILE FOLDER

FOLDER is where it downloads to. Prints one line of JSON with what it counted; ends with 1 and the
reasons otherwise. The node holds the sample; it gets a transaction while the page is watched, by
PROGRAM with the keys in HOME, beside which the genesis lies.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

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
    RESOURCE + "?at=3",
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
TRANSFERRED_BYTES_MAX = 100 * 1024

failures = []


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


def languages_and_past(driver):
    driver.get(URL + RESOURCE)
    driver.find_element(By.CSS_SELECTOR, "a.switch").click()
    until(driver, lambda d: d.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-Hans", "Chinese")
    check("共享类型" in text(driver), "the page speaks Chinese")
    field = driver.find_element(By.ID, "at")
    field.send_keys("3" + Keys.ENTER)
    present = until(driver, lambda d: d.find_element(By.CSS_SELECTOR, ".past a"), "the past")
    check("at=3" in driver.current_url, "the past has an address")
    check("您正在查看历史视图" in text(driver), "a banner over the past, in Chinese still")
    present.click()
    until(driver, lambda d: not d.find_elements(By.CSS_SELECTOR, ".past"), "the present")


def follows_the_chain(driver):
    """A new block and what it did appear without anybody reloading."""
    driver.get(URL + "/?lang=en")
    driver.execute_script("window.kept = true")
    before = driver.find_element(By.CSS_SELECTOR, "#live-page .figures b").text
    time.sleep(1)
    sent = subprocess.run([PROGRAM, "--node", URL, "--home", HOME, "--passphrase-file", PASSPHRASE, "sharing", "apply", "103001/000001", "--as", "D008-administrator",
                           "--responsibility", "Z-D008-01", "--purpose", "tax", "--scene", "浏览器测试",
                           "--from", "2030-01-01", "--to", "2031-01-01", "--wait"],
                          capture_output=True, text=True, timeout=60)
    check(sent.returncode == 0, f"an application is made: {sent.stderr}")
    height = lambda d: d.find_element(By.CSS_SELECTOR, "#live-page .figures b").text
    until(driver, lambda d: height(d) != before, "the height goes on by itself")
    until(driver, lambda d: "Application made" in text(d), "what happened appears by itself")
    check(driver.execute_script("return window.kept"), "without reloading")


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
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True})
        wide = driver.execute_script("return document.documentElement.scrollWidth")
        check(wide <= 360, f"{address} is {wide} px wide at 360 px")
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
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
    """On paper: no navigation, black on white, no wider than the sheet."""
    driver.get(URL + RESOURCE)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    hidden = driver.execute_script("return getComputedStyle(document.querySelector('.top')).display")
    check(hidden == "none", "the navigation is not printed")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    pdf = driver.execute_cdp_cmd("Page.printToPDF", {"paperWidth": 8.27, "paperHeight": 11.69})
    check(len(pdf["data"]) > 10_000, "the page prints")


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
        dark_is_dark(driver)
        addresses = list(PAGES)
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
