/* pseudonym_lists.c - words for people and places that do not exist: uncommon, so that few texts have them anyway. */
#include "filters/detect/pseudonym_parts.h"

const struct str GIVEN_NAMES[] = {
    STR_INIT("Alba"), STR_INIT("Alec"), STR_INIT("Amara"), STR_INIT("Anders"), STR_INIT("Anika"), STR_INIT("Ansel"),
    STR_INIT("Ariane"), STR_INIT("Astrid"), STR_INIT("Aurelia"), STR_INIT("Basil"), STR_INIT("Beata"), STR_INIT("Benno"),
    STR_INIT("Bettina"), STR_INIT("Birgit"), STR_INIT("Boris"), STR_INIT("Brenda"), STR_INIT("Bruno"), STR_INIT("Camila"),
    STR_INIT("Carsten"), STR_INIT("Celeste"), STR_INIT("Clara"), STR_INIT("Conrad"), STR_INIT("Cora"), STR_INIT("Cyril"),
    STR_INIT("Dagmar"), STR_INIT("Damian"), STR_INIT("Daria"), STR_INIT("Delia"), STR_INIT("Dexter"), STR_INIT("Doreen"),
    STR_INIT("Edgar"), STR_INIT("Edith"), STR_INIT("Elias"), STR_INIT("Elina"), STR_INIT("Elmar"), STR_INIT("Emilia"),
    STR_INIT("Enrico"), STR_INIT("Erika"), STR_INIT("Esther"), STR_INIT("Fabian"), STR_INIT("Felicia"), STR_INIT("Fergus"),
    STR_INIT("Fiona"), STR_INIT("Florian"), STR_INIT("Freya"), STR_INIT("Gerda"), STR_INIT("Gideon"), STR_INIT("Gisela"),
    STR_INIT("Greta"), STR_INIT("Gustav"), STR_INIT("Hanna"), STR_INIT("Harald"), STR_INIT("Hedda"), STR_INIT("Helmut"),
    STR_INIT("Hilda"), STR_INIT("Horst"), STR_INIT("Ignaz"), STR_INIT("Ilona"), STR_INIT("Imogen"), STR_INIT("Ingrid"),
    STR_INIT("Isidor"), STR_INIT("Ivana"), STR_INIT("Jarvis"), STR_INIT("Jasmin"), STR_INIT("Joanna"), STR_INIT("Jochen"),
    STR_INIT("Jolanda"), STR_INIT("Judith"), STR_INIT("Kaspar"), STR_INIT("Katja"), STR_INIT("Kilian"), STR_INIT("Konrad"),
    STR_INIT("Larissa"), STR_INIT("Leander"), STR_INIT("Leona"), STR_INIT("Liane"), STR_INIT("Livia"), STR_INIT("Lorenz"),
    STR_INIT("Lothar"), STR_INIT("Ludmila"), STR_INIT("Magnus"), STR_INIT("Malte"), STR_INIT("Marcel"), STR_INIT("Margot"),
    STR_INIT("Marlene"), STR_INIT("Matilda"), STR_INIT("Mauro"), STR_INIT("Melina"), STR_INIT("Milena"), STR_INIT("Mirko"),
    STR_INIT("Nadine"), STR_INIT("Nestor"), STR_INIT("Nikolai"), STR_INIT("Nora"), STR_INIT("Odette"), STR_INIT("Olaf"),
    STR_INIT("Oskar"), STR_INIT("Ottilie"), STR_INIT("Pascal"), STR_INIT("Paula"), STR_INIT("Petra"), STR_INIT("Philippa"),
    STR_INIT("Quentin"), STR_INIT("Ramona"), STR_INIT("Raoul"), STR_INIT("Regina"), STR_INIT("Reto"), STR_INIT("Rosalie"),
    STR_INIT("Ruben"), STR_INIT("Sabine"), STR_INIT("Selma"), STR_INIT("Severin"), STR_INIT("Sigrid"), STR_INIT("Silvan"),
    STR_INIT("Sonja"), STR_INIT("Stella"), STR_INIT("Svenja"), STR_INIT("Tabea"), STR_INIT("Tamara"), STR_INIT("Thelma"),
    STR_INIT("Thilo"), STR_INIT("Tobias"), STR_INIT("Tristan"), STR_INIT("Ulrike"), STR_INIT("Ursula"), STR_INIT("Valentin"),
    STR_INIT("Vera"), STR_INIT("Viktor"), STR_INIT("Viola"), STR_INIT("Wanda"), STR_INIT("Wendel"), STR_INIT("Wilma"),
    STR_INIT("Xenia"), STR_INIT("Yannick"), STR_INIT("Yvonne"), STR_INIT("Zelda"), STR_INIT("Zeno"),
};
const unsigned GIVEN_NAMES_COUNT = ARRAY_LEN(GIVEN_NAMES);

const struct str FAMILY_NAMES[] = {
    STR_INIT("Abeling"), STR_INIT("Ackroyd"), STR_INIT("Albers"), STR_INIT("Almgren"), STR_INIT("Ambrose"),
    STR_INIT("Anselm"), STR_INIT("Arbuckle"), STR_INIT("Ashdown"), STR_INIT("Bachmann"), STR_INIT("Barlow"),
    STR_INIT("Beckford"), STR_INIT("Bellini"), STR_INIT("Bergstrom"), STR_INIT("Birkett"), STR_INIT("Blomberg"),
    STR_INIT("Bohlen"), STR_INIT("Bramwell"), STR_INIT("Brandt"), STR_INIT("Brisbois"), STR_INIT("Calloway"),
    STR_INIT("Carrick"), STR_INIT("Castell"), STR_INIT("Chadwick"), STR_INIT("Claasen"), STR_INIT("Cobbold"),
    STR_INIT("Conradi"), STR_INIT("Corvin"), STR_INIT("Dahlberg"), STR_INIT("Danvers"), STR_INIT("Delorme"),
    STR_INIT("Dietz"), STR_INIT("Dorsett"), STR_INIT("Draycott"), STR_INIT("Eastman"), STR_INIT("Ebeling"),
    STR_INIT("Eckhart"), STR_INIT("Ellwood"), STR_INIT("Engstrom"), STR_INIT("Fairfax"), STR_INIT("Falkner"),
    STR_INIT("Farrow"), STR_INIT("Fenwick"), STR_INIT("Fielding"), STR_INIT("Forsberg"), STR_INIT("Frasier"),
    STR_INIT("Gadsby"), STR_INIT("Garrick"), STR_INIT("Gessner"), STR_INIT("Gilmore"), STR_INIT("Goddard"),
    STR_INIT("Grantham"), STR_INIT("Grunwald"), STR_INIT("Haldane"), STR_INIT("Halvorsen"), STR_INIT("Hartwell"),
    STR_INIT("Haverford"), STR_INIT("Heller"), STR_INIT("Hendry"), STR_INIT("Hobart"), STR_INIT("Holloway"),
    STR_INIT("Huxley"), STR_INIT("Ingram"), STR_INIT("Ironside"), STR_INIT("Jansson"), STR_INIT("Jardine"),
    STR_INIT("Jessup"), STR_INIT("Kaldor"), STR_INIT("Keller"), STR_INIT("Kendrick"), STR_INIT("Kessler"),
    STR_INIT("Kirchner"), STR_INIT("Kronberg"), STR_INIT("Lambert"), STR_INIT("Langford"), STR_INIT("Larkin"),
    STR_INIT("Lindgren"), STR_INIT("Lockwood"), STR_INIT("Lorimer"), STR_INIT("Ludlow"), STR_INIT("Maddox"),
    STR_INIT("Mallory"), STR_INIT("Mansfield"), STR_INIT("Marchetti"), STR_INIT("Meissner"), STR_INIT("Merrick"),
    STR_INIT("Moreau"), STR_INIT("Mortimer"), STR_INIT("Nesbitt"), STR_INIT("Newland"), STR_INIT("Nordin"),
    STR_INIT("Norwood"), STR_INIT("Oakley"), STR_INIT("Ollander"), STR_INIT("Osgood"), STR_INIT("Overton"),
    STR_INIT("Paxton"), STR_INIT("Pemberton"), STR_INIT("Penrose"), STR_INIT("Pettersen"), STR_INIT("Quimby"),
    STR_INIT("Radcliff"), STR_INIT("Ravensdale"), STR_INIT("Reinhart"), STR_INIT("Renfield"), STR_INIT("Rothwell"),
    STR_INIT("Rutland"), STR_INIT("Sandoval"), STR_INIT("Schilling"), STR_INIT("Seagrave"), STR_INIT("Selwyn"),
    STR_INIT("Sheffield"), STR_INIT("Sinclair"), STR_INIT("Stanhope"), STR_INIT("Steinbach"), STR_INIT("Sterling"),
    STR_INIT("Tamblyn"), STR_INIT("Tennant"), STR_INIT("Thackeray"), STR_INIT("Thornbury"), STR_INIT("Tolland"),
    STR_INIT("Trevelyan"), STR_INIT("Ulrichs"), STR_INIT("Underhill"), STR_INIT("Vandermeer"), STR_INIT("Vaughan"),
    STR_INIT("Velder"), STR_INIT("Wakefield"), STR_INIT("Walcott"), STR_INIT("Wendover"), STR_INIT("Westbrook"),
    STR_INIT("Whitlock"), STR_INIT("Winslow"), STR_INIT("Wyndham"), STR_INIT("Yardley"), STR_INIT("Zeller"),
};
const unsigned FAMILY_NAMES_COUNT = ARRAY_LEN(FAMILY_NAMES);

const struct str STREETS[] = {
    STR_INIT("Alder"), STR_INIT("Amber"), STR_INIT("Aspen"), STR_INIT("Beacon"), STR_INIT("Birch"), STR_INIT("Bramble"),
    STR_INIT("Brook"), STR_INIT("Cedar"), STR_INIT("Chapel"), STR_INIT("Cherry"), STR_INIT("Clover"), STR_INIT("Copper"),
    STR_INIT("Cypress"), STR_INIT("Dover"), STR_INIT("Elm"), STR_INIT("Fern"), STR_INIT("Garnet"), STR_INIT("Hazel"),
    STR_INIT("Heather"), STR_INIT("Hickory"), STR_INIT("Holly"), STR_INIT("Hyacinth"), STR_INIT("Ivy"), STR_INIT("Jasmine"),
    STR_INIT("Juniper"), STR_INIT("Lantern"), STR_INIT("Larch"), STR_INIT("Laurel"), STR_INIT("Lilac"), STR_INIT("Linden"),
    STR_INIT("Magnolia"), STR_INIT("Maple"), STR_INIT("Marigold"), STR_INIT("Meadow"), STR_INIT("Mulberry"),
    STR_INIT("Myrtle"), STR_INIT("Oak"), STR_INIT("Olive"), STR_INIT("Orchard"), STR_INIT("Poplar"), STR_INIT("Primrose"),
    STR_INIT("Quarry"), STR_INIT("Raven"), STR_INIT("Rosewood"), STR_INIT("Rowan"), STR_INIT("Saffron"), STR_INIT("Sage"),
    STR_INIT("Sparrow"), STR_INIT("Spruce"), STR_INIT("Sycamore"), STR_INIT("Thistle"), STR_INIT("Timber"),
    STR_INIT("Violet"), STR_INIT("Walnut"), STR_INIT("Willow"), STR_INIT("Wren"), STR_INIT("Yarrow"),
};
const unsigned STREETS_COUNT = ARRAY_LEN(STREETS);

const struct str TOWNS[] = {
    STR_INIT("Ashbourne"), STR_INIT("Brackenfield"), STR_INIT("Brindley"), STR_INIT("Calderton"), STR_INIT("Daleford"),
    STR_INIT("Eastmere"), STR_INIT("Fallowfield"), STR_INIT("Glenhaven"), STR_INIT("Harrowgate"), STR_INIT("Ivybridge"),
    STR_INIT("Kestrelton"), STR_INIT("Lakemont"), STR_INIT("Marlowe"), STR_INIT("Northfield"), STR_INIT("Oakhurst"),
    STR_INIT("Pinewood"), STR_INIT("Quarrydale"), STR_INIT("Ravenwood"), STR_INIT("Silverton"), STR_INIT("Thornfield"),
    STR_INIT("Upperwell"), STR_INIT("Valebrook"), STR_INIT("Westhaven"), STR_INIT("Yarrowdale"),
};
const unsigned TOWNS_COUNT = ARRAY_LEN(TOWNS);
