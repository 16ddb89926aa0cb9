// Light, night or red, chosen here or by the device. Loaded in the head before the styles, so that
// the first thing drawn already has its colours. The choice is kept on this device only.
(function () {
  "use strict";

  var KEY = "theme";
  var THEMES = { light: "#F3F5F7", night: "#0A0F14", red: "#050000" };
  var deviceIsDark = window.matchMedia("(prefers-color-scheme: dark)");

  function chosen() {
    try {
      var theme = window.localStorage.getItem(KEY);
      return THEMES[theme] ? theme : "";
    } catch (error) {
      return ""; // storage is switched off: follow the device
    }
  }

  function apply() {
    var theme = chosen() || (deviceIsDark.matches ? "night" : "light");
    document.documentElement.setAttribute("data-theme", theme);
    document.querySelector('meta[name="theme-color"]').setAttribute("content", THEMES[theme]);
    document
      .querySelector('meta[name="color-scheme"]')
      .setAttribute("content", theme === "light" ? "light" : "dark");
  }

  function choose(theme) {
    try {
      if (theme) {
        window.localStorage.setItem(KEY, theme);
      } else {
        window.localStorage.removeItem(KEY);
      }
    } catch (error) {
      document.documentElement.setAttribute("data-theme", theme || "light");
      return;
    }
    apply();
  }

  function connect() {
    document.querySelectorAll("[data-theme-choice]").forEach(function (holder) {
      var list = holder.querySelector("select");
      list.value = chosen();
      list.addEventListener("change", function () {
        choose(list.value);
      });
      holder.hidden = false;
    });
  }

  apply();
  deviceIsDark.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("DOMContentLoaded", connect);
})();
