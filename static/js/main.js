// What every page can do beyond plain HTML; each behaviour binds itself by data-* attributes.
import { bindBell } from "./bell.js";
import { bindLocate } from "./locate.js";
import { bindCopy, bindPrint, bindWide } from "./small.js";
import { bindResults } from "./results.js";
import { bindCorrect } from "./correct.js";
import { bindFavourites } from "./favourites.js";
import { bindInstall } from "./install.js";
import { bindRecents } from "./recents.js";
import { bindSignal } from "./signal.js";
import { bindWorker } from "./register.js";
import { bindSuggest } from "./suggest.js";

bindLocate(document);
bindCorrect(document);
bindCopy(document);
bindPrint(document);
bindWide(document);
bindResults(document);
bindSignal();
bindFavourites(document);
bindRecents(document);
bindInstall(document);
bindWorker();
bindSuggest(document);
bindBell(document);
