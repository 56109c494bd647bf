// The models against what is computed from, or was published about, the regimens of clinical.md 7.4 and 7.5.
#include <cmath>

#include <gmock/gmock.h>

#include "rules/observation/quantity.hpp"
#include "rules/patient/salt.hpp"
#include "tests/unit/pharmacokinetics/courses.hpp"

using namespace magwatch;
using namespace magwatch::testing_courses;

namespace {

double level(Model model, const Covariates& covariates, const Course& course, double hours)
{
    return Population{model, covariates}.concentration({}, course, at_hours(hours));
}

constexpr std::array<double, 6> golden_hours{1, 2, 4, 6, 12, 24};

struct Golden {
    const char* what;
    Model model;
    double kg;
    double load_g;
    Duration over;
    double g_per_h;
    double end_of_load;
    std::array<double, 6> then; // at golden_hours
    double steady;
};

// clinical.md 7.4.
const Golden golden_vectors[] = {
    {"Salinger 4 g + 1 g/h", Model::salinger, 55, 4, 20min, 1, 1.844, {1.817, 1.786, 1.746, 1.725, 1.703, 1.699}, 1.699},
    {"Salinger 4 g + 2 g/h", Model::salinger, 55, 4, 20min, 2, 1.844, {1.974, 2.125, 2.317, 2.421, 2.524, 2.542}, 2.543},
    {"Salinger 6 g + 2 g/h", Model::salinger, 55, 6, 30min, 2, 2.302, {2.336, 2.391, 2.461, 2.499, 2.536, 2.543}, 2.543},
    {"Salinger 1 g in 1 h", Model::salinger, 55, 1, 60min, 0, 1.080, {1.080, 1.020, 0.945, 0.904, 0.863, 0.856}, 0.856},
    {"2002 4 g + 1 g/h", Model::two_compartment, 70, 4, 20min, 1, 1.429, {1.376, 1.336, 1.329, 1.356, 1.448, 1.548}, 1.611},
    {"2002 4 g + 2 g/h", Model::two_compartment, 70, 4, 20min, 2, 1.429, {1.474, 1.540, 1.664, 1.774, 2.020, 2.268}, 2.423},
    {"2002 6 g + 2 g/h", Model::two_compartment, 70, 6, 30min, 2, 1.712, {1.693, 1.690, 1.749, 1.833, 2.052, 2.280}, 2.423},
    {"Easterling 4 g + 1 g/h", Model::easterling, 90.54, 4, 20min, 1, 1.171, {1.204, 1.250, 1.336, 1.414, 1.604, 1.845}, 2.126},
};
constexpr double within = 0.05; // the bar
constexpr double printed = 0.0011; // and what the printed digits allow

} // namespace

TEST(Models, GoldenVectors)
{
    for (const Golden& row : golden_vectors) {
        const Course course = regimen(row.load_g, row.over, row.g_per_h);
        const double load_h = static_cast<double>(row.over.count()) / 3.6e6;
        std::printf("%-24s end %.3f", row.what, level(row.model, woman(row.kg), course, load_h));
        const auto check = [&](double value, double wanted) {
            EXPECT_NEAR(value, wanted, within * wanted) << row.what;
            EXPECT_NEAR(value, wanted, printed) << row.what;
        };
        check(level(row.model, woman(row.kg), course, load_h), row.end_of_load);
        for (std::size_t i = 0; i < golden_hours.size(); ++i) {
            const double value = level(row.model, woman(row.kg), course, golden_hours[i]);
            std::printf("  %gh %.3f", golden_hours[i], value);
            check(value, row.then[i]);
        }
        const double steady = level(row.model, woman(row.kg), course, 1000);
        std::printf("  steady %.3f\n", steady);
        check(steady, row.steady);
    }
}

TEST(Models, CreatinineAndWeightMoveSalingerAsPrinted)
{
    const Course slow = regimen(4, 20min, 1), fast = regimen(4, 20min, 2);
    struct Row {
        double creatinine, one, two;
    };
    for (const Row& row : {Row{0.6, 1.407, 1.958}, {0.8, 1.699, 2.543}, {1.2, 2.393, 3.930}, {2.0, 4.130, 7.403}}) {
        EXPECT_NEAR(level(Model::salinger, woman(55, row.creatinine), slow, 1000), row.one, 0.002);
        EXPECT_NEAR(level(Model::salinger, woman(55, row.creatinine), fast, 1000), row.two, 0.002);
    }
    for (const auto& [kg, end_of_load] : {std::pair{42.0, 2.035}, {55.0, 1.844}, {78.0, 1.641}}) {
        EXPECT_NEAR(level(Model::salinger, woman(kg), slow, 1.0 / 3), end_of_load, 0.002) << kg;
        EXPECT_NEAR(level(Model::salinger, woman(kg), slow, 1000), 1.699, 0.001) << kg;
    }
}

TEST(Models, CreatinineIsClampedWhereItActs)
{
    const Course course = regimen(4, 20min, 1);
    const auto steady = [&](double creatinine) { return level(Model::salinger, woman(55, creatinine), course, 5000); };
    EXPECT_EQ(steady(2.5), steady(9));
    EXPECT_EQ(steady(0.4), steady(0.2));
    EXPECT_LT(steady(2.4), steady(2.5));
    EXPECT_GT(steady(0.41), steady(0.4));
}

TEST(Models, TheCreatinineCovariateOfEasterlingIsLeftOut)
{
    const Course course = regimen(4, 20min, 1);
    EXPECT_EQ(level(Model::easterling, woman(90.54, 0.5), course, 12), level(Model::easterling, woman(90.54, 2), course, 12));
}

TEST(Models, EasterlingsOwnMeans)
{
    // Total AUC over 12 h 20 min, mmol min/L, of both regimens of the trial (7.5): 1040 and 1080 by its own model.
    const auto auc = [](const Course& course) {
        double sum = 0;
        for (int minute = 0; minute < 740; ++minute)
            sum += level(Model::easterling, woman(90.54), course, (minute + 0.5) / 60);
        return sum;
    };
    Course serial;
    ASSERT_TRUE(serial.bolus(at(0s), 6, 30min));
    for (int i = 1; i < 6; ++i) ASSERT_TRUE(serial.bolus(at(2h * i), 2, 10min));
    const double continuous = auc(regimen(4, 20min, 1)), in_boluses = auc(serial);
    std::printf("Easterling AUC: %.0f and %.0f mmol min/L (observed 1010 and 1107)\n", continuous, in_boluses);
    EXPECT_NEAR(continuous, 1040, 10);
    EXPECT_NEAR(in_boluses, 1080, 10);
}

// clinical.md 7.5: the groups Vo, To, SMFM and TTP2 against the mean of the two models.
TEST(Models, TheMeanOfTwoModelsIsNearSevenPublishedPoints)
{
    struct Point {
        const char* who;
        double load_g, g_per_h, hours, observed;
    };
    const Point points[] = {
        {"Vo 30 min", 4.5, 1, 0.5, 1.65},   {"Vo 6 h", 4.5, 1, 6, 1.60}, {"To 30 min", 4.5, 1.5, 0.5, 1.81},
        {"To 4 h", 4.5, 1.5, 4, 1.79},      {"To 12 h", 4.5, 1.5, 12, 2.0}, {"SMFM 6 h", 4, 2, 6, 2.10},
        {"TTP2 within 2 h", 4, 2, 2, 1.77},
    };
    for (const Point& point : points) {
        const Course course = regimen(point.load_g, 20min, point.g_per_h);
        const double high = level(Model::salinger, woman(55), course, point.hours);
        const double low = level(Model::two_compartment, woman(70), course, point.hours);
        const double mean = (high + low) / 2;
        std::printf("%-16s observed %.2f  mean %.3f (%.2f, %.2f)", point.who, point.observed, mean, high, low);
        EXPECT_NEAR(mean, point.observed, 0.15) << point.who;
        // The typical model has one weight for both: from 55 to 70 kg, the means of the groups' continents.
        for (const double kg : {55.0, 62.5, 70.0}) {
            const double typical = level(Model::typical, woman(kg), course, point.hours);
            std::printf("  %.1f kg %.3f", kg, typical);
            EXPECT_NEAR(typical, point.observed, 0.17) << point.who << ' ' << kg;
        }
        std::printf("\n");
    }
}

TEST(Models, TypicalIsTheMeanAtAnyCovariates)
{
    const Course course = regimen(6, 30min, 2);
    for (const double kg : {45.0, 70.0, 120.0}) {
        for (const double creatinine : {0.5, 0.8, 1.6}) {
            const Covariates who = woman(kg, creatinine);
            const double mean = (level(Model::salinger, who, course, 5) + level(Model::two_compartment, who, course, 5)) / 2;
            EXPECT_NEAR(level(Model::typical, who, course, 5), mean, 1e-12);
        }
    }
}

TEST(Models, AnotherSaltIsAnotherDose)
{
    EXPECT_NEAR(mmol_per_gram_heptahydrate, 4.0573, 0.0001);
    EXPECT_NEAR(mmol_per_gram_heptahydrate * as_heptahydrate(1, Salt::sulfate_anhydrous), 8.31, 0.005);
    EXPECT_NEAR(mmol_per_gram_heptahydrate * as_heptahydrate(1, Salt::chloride_hexahydrate), 4.92, 0.005);
    EXPECT_EQ(as_heptahydrate(4, Salt::sulfate_heptahydrate), 4);
}

TEST(Models, NamesReadBack)
{
    for (const Model model : {Model::typical, Model::salinger, Model::two_compartment, Model::easterling})
        EXPECT_EQ(model_from(name(model)), model);
    EXPECT_EQ(model_from("da-costa"), std::nullopt);
}
