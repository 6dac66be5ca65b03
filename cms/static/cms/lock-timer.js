// Counts the minutes of the lock bar down. Without it the bar shows the minutes of the page load.
const bar = document.querySelector("[data-lock-timer]");
if (bar) {
  const left = bar.querySelector("[data-lock-left]");
  const closed = bar.querySelector("[data-lock-closed]");
  const words = left.textContent.replace(/\d+/, "#");
  const end = Date.now() + Number(bar.dataset.minutes) * 60000;
  const show = () => {
    const minutes = Math.ceil((end - Date.now()) / 60000);
    if (minutes > 0) {
      left.textContent = words.replace("#", String(minutes));
    } else {
      left.hidden = true;
      closed.hidden = false;
      clearInterval(timer);
    }
  };
  const timer = setInterval(show, 15000);
}
