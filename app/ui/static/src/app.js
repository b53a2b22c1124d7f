import htmx from "../vendor/htmx/htmx.esm.js";
import { Idiomorph } from "../vendor/idiomorph/idiomorph.esm.js";
