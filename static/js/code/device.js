// What this browser is: an app on the home screen or a browser, its name for the list of devices, another app's window.
export const isHomeScreen = () =>
  window.matchMedia("(display-mode: standalone)").matches || window.navigator.standalone === true;

export const kind = () => (isHomeScreen() ? "home_screen" : "browser");

const APPS = [[/MicroMessenger/, "WeChat"], [/AlipayClient/, "Alipay"], [/DingTalk/, "DingTalk"], [/\bQQ\//, "QQ"], [/Weibo/, "Weibo"]];
const SYSTEMS = [[/HarmonyOS|OpenHarmony/, "HarmonyOS"], [/Android/, "Android"], [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Mac OS X/, "Mac"], [/Windows/, "Windows"], [/Linux/, "Linux"]];
const BROWSERS = [[/EdgA?\//, "Edge"], [/HuaweiBrowser/, "Huawei"], [/MiuiBrowser/, "Xiaomi"], [/Firefox|FxiOS/, "Firefox"], [/Chrome|CriOS/, "Chrome"], [/Safari/, "Safari"]];
const find = (names, agent) => names.find(([pattern]) => pattern.test(agent))?.[1] ?? "";

// The app whose window this is ("WeChat", …), or "". A key kept there may go without a word.
export const inApp = (agent = window.navigator.userAgent) => find(APPS, agent);

export function label(agent = window.navigator.userAgent) {
  return [find(SYSTEMS, agent), inApp(agent) || find(BROWSERS, agent)].filter(Boolean).join(" · ");
}
