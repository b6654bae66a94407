"""Short words of ten languages: what people write one after the other and mean as two words.

"pen is" and "mass acre" are two words each, "pe nis" and "massa cre" are one word in two pieces.
The lists need not be complete: a word that is missing matters only where it and its neighbour
together happen to be the word of a rule.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.policy.prompt_rules.lookalikes import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENGLISH: Final = """
    a able about above ace ache acid acre act add age ago ah aid ail aim air ale all along also am
    amid an and ant any ape arc are area arm army art as ash ask at ate aunt away awe axe baby back
    bad bag bake ball ban band bang bank bar bare bark barn base bass bat bath bay be bead beak
    beam bean bear beard beast beat bed bee beef been beer bell belt bend bent best bet bib big
    bike bill bin bind bird bit bite black blade blank blaze bless blind block blond bloom blow
    blue blur board boat body boil bold bolt bomb bond bone book boom boot bore born boss both bow
    bowl box boy brain brake brand brass brave bread break brick bride brief bring brown brush bud
    bug build bulb bull bump bun burn burst bus bush busy but buy buzz by cab cafe cage cake call
    calm came camp can cane cap cape car card care cart case cash cast cat cave cell cent chain
    chair chalk charm chase chat cheap check cheek chef chest chew chick child chill chin chip city
    claim clap clash class claw clay clean clear click cliff climb clip cloak clock close cloth
    cloud club coal coast coat coca cock code coil coin cold comb come cook cool cop cope copy cord
    core cork corn cost couch cough count court cover cow crab craft crane crash crawl crazy cream
    creek creep crew crib crisp crop cross crow crowd crown cruel crush cry cub cube cup cure curl
    curve cut cute dad daily dam dame damp dance dare dark dart dash data date dawn day dead deaf
    deal dear death deck deep deer den dense dent desk dew dial dice did die diet dig dim dine dip
    dirt dish dive do dock does dog doll dome done door dot doubt dough dove down drag drain drama
    draw dream dress drew dried drift drink drip drive drop drug drum dry duck due dug dull dumb
    dump dusk dust duty dwarf dye each eager eagle ear early earn earth ease east easy eat echo
    edge egg eight elbow elf elk else empty end enemy enjoy enter equal era error eve even event
    ever every evil ex exam exit eye face fact fade fail faint fair fairy fake fall fame fan fancy
    far fare farm fast fat fate fear feast feed feel feet fell felt fence fern few field fig fight
    file fill film final find fine fire firm first fish fist fit five fix flag flame flap flash
    flat flaw flea fled flee fleet flesh flew flip float flock flood floor flour flow flu fly foam
    fog fold folk fond food fool foot for force fork form fort found four fox frame free fresh frog
    from front frost frown fruit fry fuel full fun fund funny fur fuse gain game gang gap gas gate
    gave gaze gear gel gem get ghost giant gift girl give glad glass glow glue go goal goat god
    gold golf gone good got gown grab grain gram grand grape grass grave gray great green greet
    grew grey grid grim grin grip group grow guard guess guest guide gulf gum gun gut guy gym had
    hail hair half hall halt ham hand hang happy hard hare harm hat hatch hate haul have hawk hay
    haze he head heal heap hear heart heat heavy hedge heel held hello help hen her herb herd here
    hero hey hi hid hide high hill him hint hip his hit hold hole holy home honey hood hook hop
    hope horn horse hose host hot hotel hour house how hug huge hum human hung hunt hurry hurt hut
    i ice icy idea if ill in inch ink inn into iron is isle it item its ivy jail jam jar jaw jazz
    jeans jelly jet jewel job jog join joke joy judge juice jump june jury just keen keep kept key
    kick kid kill kind king kiss kit kite knee knew knife knit knob knock knot know lab lace lack
    lad lady laid lake lamb lamp land lane lap large laser last late laugh lava lawn law lay layer
    lazy lead leaf leak lean leap learn least led left leg lemon lend lens less let level lick lid
    lie life lift light like lily limb lime limit line link lion lip list lit live load loaf loan
    lobby local lock log lone long look loop loose lord lose lost lot loud love low loyal luck
    lucky lump lunch lung mad made magic maid mail main major make male mall man mane many map
    march mark mars mask mass mast mat match mate maths may maze me meal mean meant meat medal meet
    melt men menu mercy merry mesh mess met metal mice mid might mild mile milk mill mind mine mint
    mist mix moan mob mode model moist mole mom money month mood moon moor moose more moss most
    moth motor mount mouse mouth move movie mow much mud mug mule mum music must my nail name nap
    near neat neck need nerve nest net never new news next nice night nine no noble nod noise none
    noon nor north nose not note now numb nun nurse nut oak oar oat ocean odd of off offer often oh
    oil old olive on once one onion only onto open or oral orb order ore other our out oval oven
    over owe owl own owner ox pace pack pad page paid pail pain paint pair pale palm pan pane panel
    panic pants paper par park part party pass past paste pat patch path pause paw pay pea peace
    peach peak pear pearl peel peep peer pen per pest pet phase phone photo piano pick pie piece
    pier pig pile pill pilot pin pine pink pint pipe pit pitch pity pizza place plain plan plane
    plant plate play plaza plot plow plug plum plus poem poet point poke pole poll pond pony pool
    poor pop pope porch pork port pose post pot pound pour power pray press price pride prime print
    prize pro proof proud pub pull pulp pulse pump pun punch pup pure push put quay queen quick
    quiet quilt quit quite quiz race rack radio raft rag rage raid rail rain raise ram ramp ran
    ranch range rank rap rare rash rat rate raw ray razor reach read ready real rear red reed reef
    reel rein rely rent rest rib rice rich ride ridge rifle right rim ring rip ripe rise risk river
    road roar roast rob robe robin robot rock rod rode role roll roof room root rope rose rot rough
    round route row royal rub ruby rude rug ruin rule rum run rush rust rye sack sad safe saga sage
    said sail sake salad sale salt same sand sat sauce save saw say scale scar scare scarf scene
    scent scold score scout scrap sea seal seat see seed seek seem seen self sell send sense sent
    set seven sew shack shade shake shall shame shape share shark sharp she sheep sheet shelf shell
    shift shine ship shirt shock shoe shook shop shore short shot show shut shy sick side sigh
    sight sign silk silly sin since sing sink sip sir sit site six size skate ski skin skip skirt
    skull sky slam slap slate slave sled sleep sleet slept slice slid slide slim slip slope slot
    slow slug sly small smart smell smile smoke snack snail snake snap sneak snow so soak soap soar
    sob sock soda sofa soft soil sold sole solid solve some son song soon sort soul sound soup sour
    south sow space spade spare spark speak spear speed spell spend spice spicy spin spine spit
    split spoke spoon sport spot spray spy squad stack staff stage stain stair stake stalk stamp
    stand star stare start state stay steak steal steam steel steep stem step stern stew stick
    stiff still sting stir stone stood stool stop store storm story stove straw strip strum stuck
    study stuff such sudden sugar suit sum sun sunny super sure surf swam swamp swan swap swarm
    sway sweat sweep sweet swell swept swift swim swing sword tab table tag tail take tale talk
    tall tame tan tank tap tape tar tart task taste tax taxi tea teach team tear teen teeth tell
    ten tend tent term test text than thank that the their them then there these they thick thief
    thigh thin thing think third this those three threw throw thumb tick tide tidy tie tiger tight
    tile till time tin tint tiny tip tire tired to toad toast today toe told toll tomb ton tone too
    took tool tooth top torch tore torn toss tot touch tough tour tow towel tower town toy trace
    track trade trail train tram trap trash tray treat tree tribe trick trim trip truck true trunk
    trust truth try tub tube tug tune turf turn twice twig twin twist two type uncle under until up
    upon upper urge us use used vain vale van vase vast veil vein verb very vest vet view vine
    vivid voice vote vow wade wag wage wait wake walk wall wand want war ware warm warn wary was
    wash wasp waste watch water wave wavy wax way we weak wear web wed wee weed week weep well went
    were west wet whale what wheat wheel when where which while whip white who whole whom whose why
    wick wide wife wig wild will win wind wine wing wink winter wipe wire wise wish witch with wolf
    woman won wood wool word wore work world worm worn worse worst worth would wound wrap wrist
    write wrong yard yarn yawn year yell yes yet yoga you young your youth zero zone zoo
"""

_OTHERS: Final = (
    """
    ab aber acht alle alles als alt am an art arm auch auf aus bad ball bank bau baum bei bein berg
    bild bin bis bist bitte blatt blau braun brot da dach damm dann das dass dem den der des die
    dir doch dorf drei du dunkel eher ein eine einem einen einer eis eng er es etwas fahrt fall
    fast feld fenster fest feuer film fisch frau frei fuer fuss gabel gang gar garten gas gast geh
    gehen gelb gern gib gold grau gras gross gruen gut haar hab haben hand hase hat haus heer heiss
    hell herz heute hier hin hoch hof holz hund hut ich ihm ihn ihr im immer in ist ja jahr je
    jetzt kalt kam kann katze kein kind kinder kleid klein kopf krank kurz lage land lang laub laut
    leben leer leise licht lied links los luft mal mann maus meer mehr mein mir mit mond mord
    morgen mund muss nach nacht nackt nah name nase nass neu neun nicht nie noch nun nur ob oben
    oder oft ohne ohr ort ost paar plan platz rand rat raum rauch rechts regen reh reich ring rock
    rot ruhe rund saal sand satt schiff schnee schon schwer see sehr sein seit sich sie sind so
    sohn sonne spiel stadt stein stern stets still strand tag tal tanz tee teil tier tisch tod tor
    tot traum tuch tun tuer turm ufer um und uns unter viel vier vogel voll vom von vor wagen wald
    wand war was wasser weg weil wein weiss weit welt wenn wer wie wild wind wir wo wolke wort zeit
    zu zug zum zur zwei zwischen
""",
    """
    a abri ah ai aile air ami an ane ange ans apres arc art as au aux avec avoir ba bain bal banc
    bar bas beau bel belle bien bleu bleue bois bon bord bout bras bruit but ca car ce cent ces cet
    chat chaud chez chien ciel cinq clair col corps cote coup cour court cri dans danse de des deux
    dire dix doigt donc dont dos doux du eau elle en encore entre es est et ete etre eu eux faim
    faire fait fer feu fil fille film fils fin fleur fois fond font fort fou froid fut gare gens
    grand gris gros herbe hier hors il ils image ici jamais jardin je jeu jour juste la lac lait le
    les leur lit loin long lors lui lumiere lune ma main mais maison mal mare mari mars matin me
    mer mes met midi moi moins mois mon monde mont mort mot mur ne neige nez ni noir noire nom non
    nos nous nu nue nuit nul on or os ou oui ours pain par part pas pays pe peau pere peu peur pied
    pin plage plein plie pluie plus pont porc port pour pre pres qu quand que qui rare rat rayon
    rien robe roi rose rouge rue sa sable sac sage sale sang sans sau se sec sel ses si six soi
    soir sol soleil son sont sous sur ta table tard tas te tel tes tete toi toit ton tour tous tout
    tres trois trop tu un une va vague vas vent ver vers vert verte vie vieux vif ville vin vite
    voir voix vos vous vrai vue y
""",
    """
    a actriz agua ah ahi aire al ala algo alta alto ama amor ano ante aqui ara arbol arco arena
    arma arte as asi aun ave azul bajo bar barco base beso bien blanco boca bosque bota buen bueno
    cada caja cal cama camino can cara casa casi caso cerca cielo cinco cine coche color come con
    copa cosa cual cuando da dan de debajo del den desde dia dice dio dios dos droga dulce e el
    ella en entre era eres es esa ese eso esta este estoy faro fe fin flor foto frio fue fuego
    fuera gas gato gente gota gran grande gris ha hace han hasta hay he hija hijo hora hoy ir isla
    ya jugo la lado lago las le lejos lento les ley lo loco los luna luz llena lleno madre mal malo
    mano mar mas me mes mesa mi mil mio mira monte muy nada ni nieve nino no noche nos nube nueva
    nuevo o ojo ojos ola os oso otra otro oro padre pan par para parque pasa paz pelo pero perro
    pez pico pie piel piso plaza poca poco pone por pue que quien rama raro red rey rio roja rojo
    ropa rosa sal sale san se sea ser si sin sobre sol sola solo son su sur sus tal tan tarde te
    tela ten tengo tiene tio toda todo tren tres tu tus un una uno uso va valle van ve ven ver vez
    vida viejo viento vino voz y yo zona
""",
    """
    a abaixo ai agua alta alto ama amor anda andar ano ao aos aqui ar areia arma arte as asa ate
    azul bar barco bela bem boa boca bola bom cada cai cama caminho campo cao cara carro casa cena
    ceu cha chao chuva cor com copo corpo da das de dela dele dentro desce dia do dois dos e ela
    ele em entre era es esse esta este eu faca faz fim flor fogo foi fora foto frio gato gente gota
    grande ha hoje ilha ir isso ja la lado lago lama las leve lha lhe lhes livre lobo logo lua luz
    mae mais mal mao mar mas mata mato me mel menos mes mesa meu minha moca mon monte mor morro
    muito na nada nao nas nem neve no noite nos nova novo num nuvem o olha olho onda onde os ou
    ouro outra pai par para pato paz pe pedra pela pele pelo perto po por porta porto pos praia que
    quem rapaz rei rio rir roda rosa rua saco sai sal sao se sem ser seu si sim so sob sol som sua
    sul tal tao tem ter terra teu toda todo tom trem tu tua um uma uva vai vale vao vela vem vento
    ver verde vez vida vila voo voz
""",
    """
    a acqua ad agli ai al alba alla alle alto ama amo anche andare anno arco aria arma arte asse
    bar barca base bei bel bella bello bene blu bocca bosco breve buio caldo cane cara casa caso
    che chi ci cielo citta col colle come con cosa cosi costa cuore da dai dal danza de degli dei
    del della di dio dita dolce donna dopo dora dove due e ed era es eta fa fai faro fatto fin fine
    fiore fiume foglia foto fra freddo fu fuoco gara gatto gia giro gli ha hai hanno ho i il in io
    isola la lago lana le legno lei lento li lo loro luce lui luna lungo ma mai mano mare me mela
    mento mi mia mie mille mio molto mondo monte morte moto muro ne nebbia nel nella neve no noi
    non nota notte nove nuda nudo nuova nuvola o occhi oggi ogni ombra onda ora oro orso osso palla
    pane parco parte per pesce piano piede piu po poco poi ponte porta porto pure quel qui rara re
    resa riva rosa rosso sala sale san sangue santo se sei senza sera seta si sia sole solo sono
    sopra sotto sta su sua sul suo suoi tana te tela tempo terra ti tra tre treno tu tua tuo tutti
    tutto un una uno uomo uva va vaso vede vento verde via vino viso vita voce vola volta
""",
    """
    aan acht af al alle als am arm auto baan bad bal bank beek been beer bij blad blauw bloem boek
    boom boot bord bos bot brug bui buis daar dag dak dal dan dans dat de deel deur die diep dier
    dit door dood dorp dun duin een eend eens elk en er even gaan gat geen gek geld gele goed gras
    groen groot had hand hard heb heel heer heft hel hele hem hen het hij hoed hoog huis hun ik in
    is ja jaar jas kan kat kind kip klein koe koud kus laat lach laag land lang las leeg lief lijn
    loop los lucht maan maar man me meer mens met mij mijn moet mond mooi moor muur na naam naar
    nacht nat neus niet nog nu of om ons ook oog oor oost op oud over paar pad pak park paard rat
    raam reis regen ring rok rond rood rots rug rust schip se sla slot sneeuw snel som ster stil
    strand straat tak te tegen ten ter tijd toch toen tot tuin twee uil uit uur vaak van ver vis
    vlam voet vol voor vos vuur wal was wat water weg wel wie wij wind wit wolk zag zand ze zee
    zeer zeil zes zich zie zij zijn zo zon zwart
""",
    """
    a aby ach ale albo bal bar bez bieg biel bo bok brat brzeg but by byc cale chata chce cien
    cisza co cos czar czas czy da dach dal dam dawno dla dlon do dol dom droga dwa dym dzien film
    fale gdy gdzie glos gora gra grad huk i ich ida idzie im inny ja jak jako je jego jej jest ju
    juz kat kiedy kilka klif kon kot kra kraj krol krew kto ku kwiat las lat lato lek lis lod los
    luk lub ma maj mak mam mapa maz mgla mi mial mnie moc moj mor most mozna mur my na nad nam nas
    nic nie niebo nim no noc nos nowy o oba obok od oko okno on ona one oni oraz orka ogien pan
    para pas pies plaz po pod pole pomost port przy przed pusty rak ratusz ranek raz rok rola ruch
    ryba rzeka sa sad sam se sen ser skok slon snieg sok spi stary stoi stol swiat syn ta tam tan
    tej ten teraz to tor trawa tu ty tylko u ul ulica w was wiatr wilk wino wir woda wsi wy z za
    zamek zawsze ze zima zimno znak
""",
    """
    ada adam ag ak aksam al alan alt altin ama an ana ara at ates av ay az bag bak bana bas bahar
    bel ben beri bes beyaz bin bir biri biz boy bu bulut bura cam cay cok da dag dal de deniz der
    dev dis dil diz dolu dort dost dun duman duvar eb el en er eski et ev fil gece gel gemi gibi
    gir git gol goz gri gul gun guz guzel hal han hava hep her ic icin iki ile in ise isik iz kale
    kalp kan kapi kar kara kas kedi kent kez ki kim kirmizi kis kiz kol koy kum kus kuzu mavi mi
    mor mu muz ne nehir o oda ol on ora orman ot oyun oz para park ruh ruzgar sac sahil sakin sana
    sari saz se sel sen ses sey sis siyah siz sokak son su sur tac tan tas tek ten tepe tren tuz un
    uc uzak uzun var ve ver vur ya yagmur yan yaz yel yer yesil yol yuz zaman
""",
    """
    а без бар белый берег бы был была были бок бор брат вам вас век весь ветер вид вниз во вода вол
    вон вот все всё всех вы где год гол гора город да дам два две день дети для до дом дождь дым
    его ее её если есть еще ещё жар же за зал зима и из или им их к как кит кот код ком кто ли лес
    лето лист лицо лишь луна луч лупа мал мать меня мир мне много мой море мост мы на над нас не
    него ней нет ни ним них но нога нож нос ночь ну о об огонь один око он она они оно от очень пар
    парк пес по под поле пол пока при про пруд пух путь рад раз рай рассвет река рис рог род рот
    роза рука с сад сам свет се себя сел сила син снег снова со сок сон сто стол стоп стул суд сын
    та так там те тебя тем тень то тогда той том тот три туда туман ты у уже ум уха утро холм хор
    цвет час чай чем что шаг шар шум это эта эти я яма
""",  # noqa: RUF001
)


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(words).split())


_LANGUAGES: Final = (_folded(_ENGLISH), *map(_folded, _OTHERS))


def is_short_word(word: str) -> bool:
    """Tell whether a folded word is one of them, in any language."""
    return any(word in language for language in _LANGUAGES)


def are_a_sentence(words: Sequence[str]) -> bool:
    """Tell whether these neighbours are words that people write one after the other.

    All of them are words of one language, of which one at the most has a single letter.

    Args:
        words: Folded, at least two.
    """
    if sum(len(word) == 1 for word in words) > 1:
        return False
    return any(all(word in language for word in words) for language in _LANGUAGES)
