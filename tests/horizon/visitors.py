# SPDX-License-Identifier: Apache-2.0
"""Somebody at Debian's Chromium, logged in to Horizon: what they read and click, and what went wrong meanwhile.

Every wait is for a text or an element, with a bound. Nothing is fetched from anywhere but Horizon.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from blazar_spot.devcloud.site import PASSWORD

BROWSER, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # without it Chromium does not run as root
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--window-size=1280,860",
)
PATIENCE_SECONDS = 90
SERVERS_FAULT = 500


def started() -> webdriver.Chrome:
    """A browser that keeps a record of its console and of every answer it gets."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=Service(DRIVER))


class Visitor:
    """One user, in a browser of their own."""

    def __init__(self, url: str, user: str, pictures: Path) -> None:
        self.driver = started()
        self._url = url
        self._pictures = pictures
        self._log_in(user)

    def _log_in(self, user: str) -> None:
        self.driver.get(f"{self._url}/auth/login/")
        self.driver.find_element(By.NAME, "username").send_keys(user)
        self.driver.find_element(By.NAME, "password").send_keys(PASSWORD)
        self.driver.find_element(By.ID, "loginBtn").click()
        self.element("#sidebar-accordion")

    def open(self, path: str) -> None:
        """Go to a page of Horizon."""
        self.driver.get(self._url + path)

    def element(self, selector: str, text: str = "") -> WebElement:
        """The first visible element of this kind with this text in it, as soon as there is one."""
        return self._waited(lambda: self._find(selector, text), f"{selector} with {text!r}")

    def hears(self, selector: str) -> str:
        """What an element is called for those who do not look."""
        return self.element(selector).accessible_name

    def reads(self, selector: str, *texts: str) -> str:
        """What an element says, as soon as it says all that; its white space made one."""

        def said() -> str | None:
            found = self._find(selector, "")
            words = " ".join(found.text.split()) if found else ""
            return words if all(text in words for text in texts) else None

        return str(self._waited(said, f"{selector} with {texts}"))

    def click(self, selector: str, text: str = "") -> None:
        self.element(selector, text).click()

    def press(self, selector: str, text: str = "") -> None:
        """What a click does, by the keyboard."""
        self.element(selector, text).send_keys(Keys.ENTER)

    def picture(self, name: str) -> None:
        """Keep what is seen now."""
        self._pictures.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(self._pictures / f"{name}.png"))

    def complaints(self) -> list[str]:
        """Errors in the console since the last time, and answers that are the server's fault or from elsewhere."""
        console: list[dict[str, Any]] = self.driver.get_log("browser")
        errors = [str(entry["message"]) for entry in console if entry["level"] == "SEVERE"]
        return errors + [
            f"{answer['status']} {answer['url']}"
            for answer in self._answers()
            if answer["status"] >= SERVERS_FAULT or self._is_from_elsewhere(answer["url"])
        ]

    def _answers(self) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = self.driver.get_log("performance")
        events = [json.loads(entry["message"])["message"] for entry in log]
        return [one["params"]["response"] for one in events if one["method"] == "Network.responseReceived"]

    def _is_from_elsewhere(self, url: str) -> bool:
        place = urlsplit(url)
        return place.scheme in ("http", "https") and place.netloc != urlsplit(self._url).netloc

    def _find(self, selector: str, text: str) -> WebElement | None:
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return next((one for one in found if one.is_displayed() and text in one.text), None)

    def _waited(self, condition: Any, what: str) -> Any:
        waiting = WebDriverWait(self.driver, PATIENCE_SECONDS, ignored_exceptions=[StaleElementReferenceException])
        return waiting.until(lambda _: condition(), what)
