//! The words that texts are woven from, and the places they speak of.

/// A language's tag (BCP 47) and some of its words.
pub const LANGUAGES: [(&str, &str); 3] = [
    (
        "en",
        "bridge river council strike miners refinery pickets speaker ambulance surgeon clinic ward doctors counted \
         morgue relatives waited gate factory railway depot driver lorry burned windows shots heard smoke night dawn \
         market traders closed bank queue bread petrol price doubled order signed minister denied spokesman insisted \
         soldiers barracks shield baton gas canister lawyer cell court judge sentence appeal record archive page \
         photograph caption beside behind beyond until since because although nobody everybody another every some \
         against with without under over again never",
    ),
    (
        "ru",
        "мост река совет забастовка шахтёры завод пикет оратор скорая хирург клиника палата врачи насчитали морг \
         родные ждали ворота фабрика станция депо водитель грузовик сгорел окна выстрелы слышали дым ночью рассвет \
         рынок торговцы закрыли банк очередь хлеб бензин цена удвоилась приказ подписан министр отрицал представитель \
         настаивал солдаты казарма щит дубинка газ следователь камера суд судья приговор жалоба запись архив страница \
         снимок подпись рядом позади пока потому хотя никто каждый другой некоторый против без под над снова никогда \
         который чёрный случай край",
    ),
    (
        "kk",
        "көпір өзен кеңес ереуіл кеншілер зауыт пикет шешен жедел дәрігер емхана палата санады мәйітхана туыс күтті \
         қақпа фабрика бекет жүргізуші көлік өртенді терезе оқ естілді түтін түнде таң базар саудагер жабылды банк \
         кезек нан жанармай баға өсті бұйрық қол министр теріске өкіл сарбаз казарма қалқан таяқ газ тергеуші камера \
         сот судья үкім шағым жазба мұрағат бет сурет жанында артында өйткені ешкім әркім басқа қарсы астында үстінде \
         тағы ешқашан әлі мүмкін сондай",
    ),
];

/// A named place: name, country (ISO 3166-1) and region.
pub type Place = (&'static str, &'static str, &'static str);

/// Places of the claims and the seats of agents.
pub const PLACES: [Place; 10] = [
    ("Алматы", "KZ", "Алматы"),
    ("Ақтау", "KZ", "Маңғыстау"),
    ("Zhanaozen", "KZ", "Mangystau"),
    ("Қарағанды", "KZ", "Қарағанды облысы"),
    ("Temirtau", "KZ", "Karaganda"),
    ("Орал", "KZ", "Батыс Қазақстан"),
    ("Шымкент", "KZ", "Шымкент"),
    ("Кокшетау", "KZ", "Акмолинская область"),
    ("Osh", "KG", "Osh"),
    ("Төретам", "KZ", "Қызылорда"),
];
