// A citation in an answer opens its source; on a narrow screen the list of conversations starts closed.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href*="#source-"]');
  if (!link) return;
  event.preventDefault();
  const source = document.getElementById(link.getAttribute("href").split("#")[1]);
  if (!source) return;
  document.querySelectorAll("#evidence section").forEach((group) => {
    group.hidden = !group.contains(source);
  });
  source.parentElement.querySelectorAll("details").forEach((other) => { other.open = other === source; });
  source.scrollIntoView({ block: "start", behavior: "smooth" });
  source.querySelector("summary").focus({ preventScroll: true });
});

const ready = setInterval(() => {
  const toggle = document.querySelector("#conversations > button.label-wrap");
  if (!toggle) return;
  clearInterval(ready);
  if (window.matchMedia("(max-width: 760px)").matches && toggle.classList.contains("open")) toggle.click();
}, 100);
