// What every page can do beyond plain HTML; each behaviour binds itself by data-* attributes.
import { bindLocate } from "./locate.js";
import { bindCopy, bindPrint, bindWide } from "./small.js";
import { bindResults } from "./results.js";

bindLocate(document);
bindCopy(document);
bindPrint(document);
bindWide(document);
bindResults(document);
