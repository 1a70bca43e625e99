// Before the first paint: that scripts run; theme and size of text, as chosen for this browser (portal/pages/views.py, look).
document.documentElement.dataset.scripts = "";
for (const [name, values] of [["theme", ["light", "dark"]], ["size", ["large", "largest"]]]) {
  const chosen = document.cookie.match(new RegExp(`(?:^|; )${name}=(\\w+)`))?.[1];
  if (values.includes(chosen)) document.documentElement.dataset[name] = chosen;
}
