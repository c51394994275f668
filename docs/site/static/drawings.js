// Drawings follow the theme that the reader chose on the page, not only the system's;
// wide ones scroll before their words get too small to be read.
"use strict";
(() => {
  const smallest = 0.55;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const media = (style) => [...style.sheet.cssRules]
    .filter((rule) => rule instanceof CSSMediaRule);
  document.addEventListener("DOMContentLoaded", () => {
    const drawings = document.querySelectorAll('.cell_output svg[role="img"]');
    for (const drawing of drawings) {
      drawing.classList.add("tinygraph-auto");
      drawing.style.minWidth = `${smallest * drawing.width.baseVal.value}px`;
    }
    const words = "svg title, svg desc, svg style, svg text";
    for (const word of document.querySelectorAll(words)) word.classList.add("nohighlight");
    const style = document.head.appendChild(document.createElement("style"));
    style.textContent = window.drawingRules;
    const styles = [style, ...document.querySelectorAll("svg style")];
    const rules = styles.flatMap(media);
    const follow = () => {
      const chosen = document.body.dataset.theme;
      const dark = chosen === "dark" || (chosen !== "light" && system.matches);
      for (const rule of rules) rule.media.mediaText = dark ? "all" : "not all";
      document.documentElement.style.colorScheme = dark ? "dark" : "light";
    };
    follow();
    new MutationObserver(follow).observe(document.body, { attributeFilter: ["data-theme"] });
    system.addEventListener("change", follow);
  });
})();
