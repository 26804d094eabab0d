// Everything is there: the page begins.

drawHead();
drawTotals();
drawClasses();
drawEvents();
drawLeftOut();
one("main").hidden = false;
startFilters();
startList();
addEventListener("hashchange", () => arrive(location.hash.length > 1));
history.scrollRestoration = "manual";
arrive(location.hash.length > 1);
prepareWords(0);
