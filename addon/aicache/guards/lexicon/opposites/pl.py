"""Opposites in Polish: what is done, qualities, people. Data only; see the package for the form."""

OPPOSITES = """
przed / po
wcześniej / później
włączyć włącz włączony włączyć_się / wyłączyć wyłącz wyłączony
aktywować aktywacja / dezaktywować dezaktywacja
lewo lewy lewa lewej lewą / prawo prawy prawa prawej prawą
więcej bardziej / mniej
zwiększyć zwiększać podnieść / zmniejszyć zmniejszać obniżyć
otworzyć otwórz otwierać otwarty otwarte / zamknąć zamknij zamykać zamknięty zamknięte
z / bez
kupić kupuję kupno kupować zakup / sprzedać sprzedaję sprzedaż sprzedawać
importować import / eksportować eksport
wejście wejść / wyjście wyjść
wewnątrz w_środku / zewnątrz na_zewnątrz
wygrać wygrywać wygrana / przegrać przegrywać przegrana
zysk / strata
gorący gorąca gorące ciepły ciepła / zimny zimna zimne
podgrzać ogrzać / schłodzić ochłodzić
zacząć zaczynać rozpocząć początek / skończyć zakończyć zatrzymać koniec
dodać dodawać dodaj / usunąć usuwać usuń
góra górny górę powyżej nad / dół dolny dole poniżej pod
przesłać wgrać / pobrać ściągnąć
zainstalować instalować / odinstalować
zalogować logować / wylogować
zablokować blokować / odblokować
zaszyfrować szyfrować / odszyfrować
wysłać wysyłać / odebrać otrzymać
pożyczyć_komuś / pożyczyć_od
wpłacić wpłata / wypłacić wypłata
minimum minimalny minimalna / maksimum maksymalny maksymalna
najwyższy największy największa / najniższy najmniejszy najmniejsza
pierwszy pierwsza pierwsze / ostatni ostatnia ostatnie
najstarszy / najmłodszy najnowszy
najlepszy najlepsza najlepsze / najgorszy najgorsza najgorsze
zaakceptować przyjąć / odrzucić odmówić
pozwolić dozwolony / zabronić zabroniony
przyjazd przylot / odjazd odlot wyjazd
pchać / ciągnąć
pokazać wyświetlić / ukryć schować
rosnąco / malejąco
poziomy poziomo / pionowy pionowo
północ północny / południe południowy
wschód wschodni / zachód zachodni
dzień / noc
zalety zaleta / wady wada
przyczyna przyczyny / skutek skutki
duży duża duże wielki / mały mała małe
długi długa długie / krótki krótka krótkie
szybki szybko / wolny wolno
stary stara stare / młody nowy nowa nowe
dobry dobra dobre dobrze / zły zła złe źle
drogi droga drogie drogo / tani tania tanie tanio
silny silna / słaby słaba
lekki lekka / ciężki ciężka
łatwy łatwe łatwo / trudny trudne trudno
bezpieczny bezpieczne / niebezpieczny niebezpieczne
wcześnie / późno
mężczyzna mężczyzn mężczyźni męski / kobieta kobiet kobiety damski żeński
przytyć / schudnąć
brutto / netto

wysoki wysoka wysokie wysokiego / niski niska niskie niskiego
podnoszą podnosi zwiększają / obniżają obniża zmniejszają
parzysty parzysta / nieparzysty nieparzysta
dodatni pozytywny / ujemny negatywny
czynny aktywny / bierny pasywny
publiczny publiczna / prywatny prywatna
kawaler panna / żonaty zamężna
mokry mokre / suchy suche
pełny pełna / pusty pusta
gruby gruba / cienki cienka
szeroki szeroka / wąski wąska
głęboki głęboka / płytki płytka
miękki miękka / twardy twarda
jasny jasna / ciemny ciemna
czysty czysta / brudny brudna
zdrowy zdrowe / chory chore niezdrowy
prawdziwy prawda / fałszywy fałsz
poprawny poprawne / niepoprawny błędny
zdany zdać sukces / niezdany oblać porażka
przychodzący przychodzące / wychodzący wychodzące
połączyć / rozłączyć
ślub małżeństwo / rozwód
urodzić narodziny / umrzeć śmierć
surowy surowe / gotowany gotowane
wewnętrzny wewnętrzna / zewnętrzny zewnętrzna
przód / tył
stały stała / zmienny zmienna
ręcznie ręczny / automatycznie automatyczny
lato latem / zima zimą
wiosna wiosną / jesień jesienią
rano / wieczorem

matka matki mama mamy / ojciec ojca tata taty
żona żony żonie / mąż męża mężowi
siostra siostry siostrze / brat brata bratu
córka córki córce / syn syna synowi
dziewczynka dziewczyna dziewczyny / chłopiec chłopak chłopaka
ciocia ciotka / wujek
babcia babci / dziadek dziadka
królowa / król
kupujący nabywca / sprzedający sprzedawca
pracodawca / pracownik
wynajmujący / najemca lokator
nauczyciel / uczeń
lekarz / pacjent
rodzice / dzieci dziecko
dorośli dorosły / dzieci dziecko
nadawca / odbiorca
"""
