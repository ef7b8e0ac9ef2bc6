// Copying needs a script; without one, or where the browser forbids it, no button is offered.
const statusLine = document.getElementById("status");

async function copy(button) {
  const text = document.getElementById(button.dataset.copy).textContent;
  await navigator.clipboard.writeText(text);
  statusLine.textContent = "Copied.";
  button.textContent = "Copied";
  setTimeout(() => {
    statusLine.textContent = "";
    button.textContent = "Copy";
  }, 2000);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
