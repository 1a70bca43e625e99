"""Amenities get the words that couriers type for them."""

from django.db import migrations, models

#: What couriers type for the amenities that a portal began with; staff change it from here on.
ALSO_CALLED = {
    "water": "水、热水、开水、饮水、喝水、接水、water",
    "charging": "充电、充电宝、充手机、插座、charger、charging",
    "microwave": "微波、热饭、加热、热菜",
    "hot_meal_heating": "加热、热菜、蒸饭",
    "fridge": "冰柜、冷藏、冰水、refrigerator",
    "toilet": "厕所、洗手间、公厕、WC、restroom、bathroom",
    "shower": "洗澡、冲凉、淋浴间、shower",
    "rest": "座位、座椅、沙发、坐一会、seat",
    "aircon": "冷气、暖气、避暑、取暖、纳凉、AC",
    "wifi": "WiFi、无线、上网、免费网",
    "medicine_box": "药、急救、药箱、药品、创可贴、急救箱、first aid",
    "aed": "AED、除颤、急救",
    "battery_swap": "换电、换电池、换电站、电池柜、swap",
    "ebike_charging": "充电、电动车充电、电瓶车充电、充电桩、ebike charging、charging",
    "car_charging": "新能源充电、充电桩、快充",
    "car_bays": "停车、车位、停车位、停车场、parking",
    "air_pump": "打气、充气、气筒、pump",
    "repair": "修车、维修、工具、repair",
    "umbrellas": "雨伞、雨衣、伞、借伞、umbrella",
    "books": "看书、书、书籍、阅读、book",
    "policy_desk": "咨询、政策、社保咨询",
    "legal_aid": "法律、律师、法援、lawyer",
    "counselling": "心理、心理咨询、倾诉",
    "training": "培训、学习",
    "womens_room": "母婴、母婴室、哺乳、女性休息室",
    "message_wall": "留言",
}


def call(apps, schema_editor):
    """Give the amenities of a portal that is running already the words that a fresh one begins with."""
    amenity = apps.get_model("stations", "Amenity")
    for code, words in ALSO_CALLED.items():
        amenity.objects.filter(code=code, also_called="").update(also_called=words)


class Migration(migrations.Migration):
    """Add the words, and fill those of the amenities that are there already."""

    dependencies = [("stations", "0001_stations_with_amenities")]

    operations = [
        migrations.AddField(
            model_name="amenity",
            name="also_called",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="What couriers type for it; separate with 、 or commas.",
                max_length=200,
                verbose_name="also called",
            ),
        ),
        migrations.RunPython(call, migrations.RunPython.noop),
    ]
